import { basename, join, resolve } from 'node:path';
import { parseTree } from 'jsonc-parser';
import { startUntilWorking } from './ckpool-start.ts';
import { loginOf } from './daemon-login.ts';
import { badConfig, jsonPool, type Lookup, type Pool } from './json-pool.ts';
import { type Dialect, STRICT_JSON } from './json-text.ts';
import type { PoolKind } from './kind.ts';
import { programOf } from './programs.ts';
import { pathOf } from './stack.ts';
import { workingFolder } from './supervised.ts';

/** ckpool takes JSON without comments, and ignores all that stands behind the object. */
const CKPOOL_JSON: Dialect = {
  ...STRICT_JSON,
  blank(text) {
    const object = parseTree(text);
    const end = object ? object.offset + object.length : text.length;
    return text.slice(0, end) + text.slice(end).replace(/[^\r\n]/g, ' ');
  },
  hint: 'Correct the file: ckpool would start all the same, on port 3333 and with the address of its author.',
};

const URL = /^(?:.*\/\/)?(.*):(\d{1,5})\/?$/;
/** Base58 in the lengths that ckpool takes (bitcoin.c). */
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{27,36}$/;

const base = jsonPool({
  dialect: CKPOOL_JSON,
  // A pid in `main.pid` that lives is not among them: clearing stale locks before the next start mends it.
  signatures: [
    { pattern: /errno 98|Failed to bind socket/, cause: 'port_conflict' },
    { pattern: /errno 24|Too many open files/, cause: 'resource_exhausted' },
    {
      pattern: /Json decode error|Invalid (btcaddress|nonce|redirecturl)|btcaddress invalid/,
      cause: 'bad_config',
    },
  ],
  programs: async (member) => [await programOf(member, member.spec.command ?? ['ckpool'])],
  // Never `-k`: it ends whatever process has the pid in main.pid. `-q`: no status line every second.
  command: (_, file) => ['ckpool', '-c', file, '-l', '5', '-q'],
  file: async (member) =>
    pathOf(member, member.spec.configFile ?? optionOf(member, '-c', '--config') ?? 'ckpool.conf'),
  template: ({ spec }) => ({
    btcd: [{ url: '', auth: '', pass: '', notify: false }],
    btcaddress: '',
    blockpoll: 100,
    update_interval: 30,
    serverurl: [`${spec.host}:${spec.stratumPort}`],
    mindiff: 1,
    startdiff: 1,
    logdir: 'logs',
  }),
  port(look) {
    const port = Number(URL.exec(serverUrl(look))?.[2]);
    return Number.isInteger(port) ? port : null;
  },
  setPort(look, port, { spec }) {
    const host = URL.exec(serverUrl(look))?.[1] ?? spec.host;
    const single = typeof look(['serverurl']) === 'string';
    return { path: single ? ['serverurl'] : ['serverurl', 0], value: `${host}:${port}` };
  },
  login: { username: ['btcd', 0, 'auth'], password: ['btcd', 0, 'pass'] },
  async daemonEdits(endpoint) {
    const login = await loginOf(endpoint);
    return [
      { path: ['btcd', 0, 'url'], value: `${endpoint.host}:${endpoint.port}` },
      ...(login
        ? [
            { path: ['btcd', 0, 'auth'], value: login.username },
            { path: ['btcd', 0, 'pass'], value: login.password },
          ]
        : []),
    ];
  },
  payoutAddress: ['btcaddress'],
  check(look, file) {
    const address = look(['btcaddress']);
    if (typeof address !== 'string' || !BASE58.test(address))
      throw badConfig(
        `${file}: btcaddress is not a base58 address`,
        'Give it a legacy address: without one, ckpool pays to its author.',
      );
    if (!URL.test(serverUrl(look)))
      throw badConfig(
        `${file}: serverurl names no port`,
        'Give it "host:port": without one, ckpool listens on 0.0.0.0:3333.',
      );
  },
});

/** ckpool of 2017 and later: SHA-256d, one process, its configuration read once at its start. */
export const ckpool: PoolKind = {
  ...base,

  start: (member, options) => startUntilWorking(base, member, options),

  /** In bech32 it sees no address at all, and it takes script addresses of test chains for others. */
  payoutAddressType: 'legacy',

  lockFiles: (member) => [{ path: join(socketFolder(member), 'main.pid'), program: 'ckpool' }],
};

function serverUrl(look: Lookup): string {
  return String(look(['serverurl', 0]) ?? look(['serverurl']) ?? '');
}

/** Where ckpool keeps its sockets and its pid. */
function socketFolder(member: Pool): string {
  const folder =
    optionOf(member, '-s', '--sockdir') ?? `/tmp/${optionOf(member, '-n', '--name') ?? 'ckpool'}`;
  return resolve(workingFolder(member), folder);
}

/** The value of an option that the declared command gives to ckpool. */
function optionOf({ spec: { command = [] } }: Pool, short: string, long: string): string | undefined {
  const program = command.findIndex((word) => basename(word) === 'ckpool');
  const words = program === -1 ? [] : command.slice(program + 1);
  const joined = words.find((word) => word.startsWith(`${long}=`));
  const at = words.findIndex((word) => word === short || word === long);
  return at === -1 ? joined?.slice(long.length + 1) : words[at + 1];
}
