import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JSONPath } from 'jsonc-parser';
import { DavyError } from '../../core/errors.ts';
import { editJson, readJson, valueAt } from './config-file.ts';
import { loginOf } from './daemon-login.ts';
import { badConfig, jsonPool, type Pool } from './json-pool.ts';
import type { Dialect } from './json-text.ts';
import { programOf } from './programs.ts';
import { pathOf } from './stack.ts';
import { workingFolder } from './supervised.ts';

const EXECUTABLE = 'CoiniumServ.exe';
const BUILD_FOLDER = 'build/bin/Debug';
const POOLS_FOLDER = 'config/pools';
const PORT: JSONPath = ['stratum', 'port'];

/** CoiniumServ cuts each line at its first `#`, within a string too (JsonConfigReader.cs), and skips a byte order mark. */
export const COINIUM_JSON: Dialect = {
  blank: (text) => text.replace(/^\uFEFF/, ' ').replace(/#[^\n]*(?=\n)/g, blanks),
  strict: false,
  hint: 'Correct the file. CoiniumServ takes all from a # to the end of its line for a comment, within a string too.',
};

function blanks(text: string): string {
  return text.replace(/[^\r]/g, ' ');
}

/** CoiniumServ under mono or .NET. Its line "Stratum server listening" is no evidence: it comes after a failed bind too. */
export const coiniumserv = jsonPool({
  dialect: COINIUM_JSON,
  settle,
  // It names none (DaemonClient.cs), and so no daemon with segwit gives it work.
  templateRules: [],
  openStdin: true,
  signatures: [
    { pattern: /can not bind on/, cause: 'port_conflict' },
    { pattern: /Too many open files/, cause: 'resource_exhausted' },
    {
      pattern: /Json (validation|parsing) failed|Couldn't read config|Can not read json file \S*config\.json/,
      cause: 'bad_config',
    },
  ],
  async programs(member) {
    if (member.spec.command) return [await programOf(member, member.spec.command)];
    const executable = join(workingFolder(member), EXECUTABLE);
    return [
      await programOf(member, ['mono'], ['mono-runtime']),
      { name: EXECUTABLE, path: existsSync(executable) ? executable : null, packages: [] },
    ];
  },
  command: () => ['mono', EXECUTABLE],
  file: poolFile,
  template: ({ spec }, algorithm) => ({
    enabled: true,
    coin: algorithm === 'scrypt' ? 'litecoin.json' : 'bitcoin.json',
    daemon: { host: '', port: 0, username: '', password: '', timeout: 5 },
    wallet: { address: '' },
    rewards: [],
    miner: { validateUsername: false, timeout: 300 },
    job: { blockRefreshInterval: 1000, rebroadcastTimeout: 55 },
    stratum: { enabled: true, bind: spec.host, port: spec.stratumPort, diff: 16 },
  }),
  companions: async (member) => [await editJson(globalFile(member), GLOBAL, [], COINIUM_JSON)],
  furtherFiles: (member) => [globalFile(member), defaultsFile(member)],
  defaults: (member) => readJson(defaultsFile(member), COINIUM_JSON),
  port(look) {
    const port = look(PORT);
    return typeof port === 'number' ? port : null;
  },
  setPort: (_, port) => ({ path: PORT, value: port }),
  login: { username: ['daemon', 'username'], password: ['daemon', 'password'] },
  async daemonEdits(endpoint) {
    const login = await loginOf(endpoint);
    if (login && /#/.test(login.username + login.password))
      throw badConfig(
        "CoiniumServ cannot read the daemon's user or password: it takes the # in it for a comment",
        'Give the daemon a password without #.',
      );
    return [
      { path: ['daemon', 'host'], value: endpoint.host },
      { path: ['daemon', 'port'], value: endpoint.port },
      ...(login
        ? [
            { path: ['daemon', 'username'], value: login.username },
            { path: ['daemon', 'password'], value: login.password },
          ]
        : []),
    ];
  },
  payoutAddress: ['wallet', 'address'],
});

function globalFile(member: Pool): string {
  return pathOf(member, 'config/config.json');
}

function defaultsFile(member: Pool): string {
  return pathOf(member, `${POOLS_FOLDER}/default.json`);
}

/** What CoiniumServ does not start without; no website, whose usual port 80 takes rights that a pool needs not have. */
const GLOBAL = {
  stack: { name: 'CoiniumServ' },
  statistics: { updateInterval: 60, hashrateWindow: 300 },
  website: { enabled: false, bind: '127.0.0.1', port: 8080, backend: { metrics: { enabled: false } } },
  logging: {
    root: 'logs',
    targets: [
      { enabled: true, type: 'console', level: 'information' },
      { enabled: true, type: 'file', filename: 'server.log', rolling: false, level: 'information' },
    ],
  },
};

/** Where `davy.json` names no folder, CoiniumServ lies where its build puts it. */
function settle(member: Pool): Pool {
  const { spec } = member;
  if (spec.directory !== '.' || existsSync(join(workingFolder(member), EXECUTABLE))) return member;
  return { ...member, spec: { ...spec, directory: BUILD_FOLDER } };
}

/** The declared file, else the first pool that is enabled, else a new one. */
async function poolFile(member: Pool): Promise<string> {
  if (member.spec.configFile !== undefined) return pathOf(member, member.spec.configFile);
  const folder = pathOf(member, POOLS_FOLDER);
  const names = await readdir(folder).catch(() => []);
  let unreadable: DavyError | null = null;
  for (const name of names.filter(isPool).sort()) {
    try {
      const file = join(folder, name);
      if (valueAt(await readJson(file, COINIUM_JSON), ['enabled']) === true) return file;
    } catch (error) {
      if (!(error instanceof DavyError)) throw error;
      unreadable ??= error;
    }
  }
  // Perhaps it was the one that is enabled: a new file beside it would be a second pool once it is corrected.
  if (unreadable) throw unreadable;
  return join(folder, 'davylamp.json');
}

function isPool(name: string): boolean {
  return name.endsWith('.json') && name.toLowerCase() !== 'default.json';
}
