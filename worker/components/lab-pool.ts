import type { PoolSpec } from '../../core/environment.ts';
import { bitcoind } from './bitcoind.ts';
import { editJson, type JsonEdit, readJson, valueAt } from './config-file.ts';
import type { ConfigChange, PoolKind } from './kind.ts';
import { labCommand } from './lab.ts';
import { observePool } from './pool-facts.ts';
import { daemonMember, type Member, pathOf } from './stack.ts';
import { endProcess, type StartSignature, startProcess, workingFolder } from './supervised.ts';

type Pool = Member<PoolSpec>;

const START_SIGNATURES: readonly StartSignature[] = [
  { pattern: /EADDRINUSE/, cause: 'port_conflict' },
  { pattern: /not valid JSON|must be |is missing|cannot read/, cause: 'bad_config' },
];

/** The practice pool of `lab/`: speaks Stratum v1, and claims to listen even where its port was taken. */
export const labPool: PoolKind = {
  async programs() {
    return [{ name: 'node', path: process.execPath, packages: [] }];
  },

  async configure(member): Promise<ConfigChange[]> {
    const file = configFile(member);
    const { spec } = member;
    const template = {
      algorithm: 'scrypt',
      daemon: { host: '', port: 0, username: '', password: '' },
      wallet: { address: '' },
      stratum: { bind: spec.host, port: spec.stratumPort, difficulty: 0 },
      job: { blockPollMs: 100, rebroadcastMs: 30_000 },
      logging: { file: pathOf(member, spec.logFiles[0] ?? 'pool.log') },
    };
    const exists = (await readJson(file)) !== null;
    const algorithm = await bitcoind.algorithm(daemonMember(member.stack));
    const first: JsonEdit[] = exists
      ? []
      : [
          { path: ['algorithm'], value: algorithm },
          { path: ['stratum', 'difficulty'], value: DIFFICULTY[algorithm] },
        ];
    return [await editJson(file, template, [...first, ...(await daemonEdits(member))])];
  },

  async start(member) {
    const argv = member.spec.command ?? labCommand('pool', '--config', configFile(member));
    return await startProcess(member, { argv, cwd: workingFolder(member) });
  },

  stop: (member, { force }) => endProcess(member, force),

  async observe(member) {
    const config = await readJson(configFile(member));
    return await observePool(member, {
      port: await this.port(member),
      daemonLogin: {
        username: String(valueAt(config, ['daemon', 'username']) ?? ''),
        password: String(valueAt(config, ['daemon', 'password']) ?? ''),
      },
      signatures: START_SIGNATURES,
    });
  },

  async port(member) {
    const port = valueAt(await readJson(configFile(member)), ['stratum', 'port']);
    return typeof port === 'number' ? port : member.spec.stratumPort;
  },

  movePort: (member, port) => editJson(configFile(member), {}, [{ path: ['stratum', 'port'], value: port }]),

  alignCredentials: async (member) => editJson(configFile(member), {}, await daemonEdits(member)),

  async setPayoutAddress(member, address) {
    const current = valueAt(await readJson(configFile(member)), ['wallet', 'address']);
    const value = typeof current === 'string' && current !== '' ? current : address;
    return await editJson(configFile(member), {}, [{ path: ['wallet', 'address'], value }]);
  },
};

/** About one share a second from one practice miner at its throttled pace. */
const DIFFICULTY = { scrypt: 0.003, sha256d: 0.000_02 } as const;

function configFile(member: Pool): string {
  return pathOf(member, member.spec.configFile ?? 'pool.json');
}

/** What the pool must know of the daemon, as the daemon's own configuration has it. */
async function daemonEdits(member: Pool): Promise<JsonEdit[]> {
  const endpoint = await bitcoind.endpoint(daemonMember(member.stack));
  const login =
    'cookieFile' in endpoint
      ? [{ path: ['daemon', 'cookieFile'], value: endpoint.cookieFile }]
      : [
          { path: ['daemon', 'username'], value: endpoint.username },
          { path: ['daemon', 'password'], value: endpoint.password },
        ];
  return [
    { path: ['daemon', 'host'], value: endpoint.host },
    { path: ['daemon', 'port'], value: endpoint.port },
    ...login,
  ];
}
