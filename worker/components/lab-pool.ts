import type { JSONPath } from 'jsonc-parser';
import { jsonPool } from './json-pool.ts';
import { JSONC } from './json-text.ts';
import { labCommand } from './lab.ts';
import { pathOf } from './stack.ts';

const PORT: JSONPath = ['stratum', 'port'];
/** About one share a second from one practice miner at its throttled pace. */
const DIFFICULTY = { scrypt: 0.003, sha256d: 0.000_02 } as const;

/** The practice pool of `lab/`: speaks Stratum v1, and claims to listen even where its port was taken. */
export const labPool = jsonPool({
  dialect: JSONC,
  signatures: [
    { pattern: /EADDRINUSE/, cause: 'port_conflict' },
    { pattern: /not valid JSON|must be |is missing|cannot read/, cause: 'bad_config' },
  ],
  programs: async () => [{ name: 'node', path: process.execPath, packages: [] }],
  command: (_, file) => labCommand('pool', '--config', file),
  file: async (member) => pathOf(member, member.spec.configFile ?? 'pool.json'),
  template: (member, algorithm) => ({
    algorithm,
    daemon: { host: '', port: 0, username: '', password: '' },
    wallet: { address: '' },
    stratum: {
      bind: member.spec.host,
      port: member.spec.stratumPort,
      difficulty: DIFFICULTY[algorithm],
    },
    job: { blockPollMs: 100, rebroadcastMs: 30_000 },
    logging: { file: pathOf(member, member.spec.logFiles[0] ?? 'pool.log') },
  }),
  port(look) {
    const port = look(PORT);
    return typeof port === 'number' ? port : null;
  },
  setPort: (_, port) => ({ path: PORT, value: port }),
  login: {
    username: ['daemon', 'username'],
    password: ['daemon', 'password'],
    cookieFile: ['daemon', 'cookieFile'],
  },
  async daemonEdits(endpoint) {
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
  },
  payoutAddress: ['wallet', 'address'],
});
