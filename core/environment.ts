import { z } from 'zod';
import { type Problem, zodProblems } from './errors.ts';
import { argv, text } from './text.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, _ or -');
const port = z.int().min(1).max(65_535);
const path = text();
const host = text(253).default('127.0.0.1');
const secret = z
  .union([text(1024), z.strictObject({ env: text(256) })])
  .describe('The value itself, or the name of the environment variable of the worker that holds it.');

const componentShape = {
  command: argv
    .describe('The program and its arguments. Where it is missing, the kind knows what to look for.')
    .optional(),
  directory: path.default('.').describe('Where the component works; relative to the folder of davy.json.'),
  configFile: path.optional(),
  logFiles: z.array(path).max(20).default([]),
  lockFiles: z
    .array(path)
    .max(20)
    .default([])
    .describe(
      "Pid-file style locks that may be removed once their owner is proven dead. Never a daemon's `.lock`.",
    ),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), text())
    .default({})
    .describe('Further environment variables of the process.'),
  startTimeoutSeconds: z
    .number()
    .positive()
    .max(3600)
    .default(60)
    .describe('How long the component may take from its start until it works.'),
};

const daemonSchema = z.strictObject({
  kind: name.default('bitcoind'),
  ...componentShape,
  host,
  dataDir: path.default('~/.bitcoin'),
  rpcPort: port.default(18_443),
  p2pPort: port.default(18_444),
  credentials: z
    .strictObject({ username: secret, password: secret })
    .describe("Missing: what the daemon's own config file says, else its cookie.")
    .optional(),
});

const poolSchema = z.strictObject({
  kind: name.default('coiniumserv'),
  ...componentShape,
  host,
  stratumPort: port.default(3333),
  fallbackPorts: z
    .array(port)
    .max(20)
    .default([13_333, 23_333])
    .describe('Where the pool may move when its port is taken, in this order.'),
  reach: z
    .array(z.enum(['gateway']))
    .max(1)
    .default([])
    .describe(
      'Where else the pool may answer. `gateway`: at the default gateway, as a Windows program does that runs under WSL2. A command that ends in .exe needs no saying so there.',
    ),
  login: z
    .strictObject({ username: text(256), password: secret })
    .default({ username: 'davylamp', password: 'x' })
    .describe('The login that probes use.'),
});

const minerShape = {
  kind: name.default('cpuminer'),
  ...componentShape,
  login: z
    .strictObject({ username: text(256), password: secret })
    .default({ username: 'miner', password: 'x' }),
};

const minerSchema = z.strictObject({
  name: name.optional(),
  ...minerShape,
  alternative: z
    .strictObject(minerShape)
    .describe('Takes the place of a miner that cannot be kept running.')
    .optional(),
});

/** `davy.json`: one mining stack on one host. Unknown fields are errors: a typing mistake must not pass. */
export const environmentSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name,
    network: z.enum(['regtest', 'signet', 'testnet', 'mainnet']).default('regtest'),
    resettable: z.boolean().default(false).describe('Data may be wiped. Only ever heeded on regtest.'),
    manage: z
      .boolean()
      .describe('Whether Davylamp may start and stop components. Missing: on regtest only.')
      .optional(),
    daemon: daemonSchema,
    peers: z
      .array(daemonSchema)
      .max(8)
      .default([])
      .describe("Further nodes of the daemon's kind, for daemons that want a connected peer."),
    wallet: z.strictObject({ name }).default({ name: 'davylamp' }),
    pool: poolSchema,
    miners: z.array(minerSchema).max(64).default([]),
  })
  .superRefine((environment, context) => {
    const ports = [
      ['daemon.rpcPort', environment.daemon.rpcPort],
      ['daemon.p2pPort', environment.daemon.p2pPort],
      ...environment.peers.flatMap(({ rpcPort, p2pPort }, index): [string, number][] => [
        [`peers[${index}].rpcPort`, rpcPort],
        [`peers[${index}].p2pPort`, p2pPort],
      ]),
      ['pool.stratumPort', environment.pool.stratumPort],
      ...environment.pool.fallbackPorts.map((value, index): [string, number] => [
        `pool.fallbackPorts[${index}]`,
        value,
      ]),
    ] as [string, number][];
    const seen = new Map<number, string>();
    for (const [at, value] of ports) {
      const other = seen.get(value);
      if (other !== undefined)
        context.addIssue({ code: 'custom', path: at.split('.'), message: `${value} is also ${other}` });
      else seen.set(value, at);
    }
    const names = new Map([
      ['environment', 'the environment'],
      ['daemon', 'the daemon'],
      ['pool', 'the pool'],
      ...environment.peers.map((_, index): [string, string] => [`peer-${index + 1}`, `peers[${index}]`]),
    ]);
    environment.miners.forEach((miner, index) => {
      const name = miner.name ?? `miner-${index + 1}`;
      const other = names.get(name);
      if (other !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['miners', index, 'name'],
          message: `"${name}" is also ${other}`,
        });
      else names.set(name, `miners[${index}]`);
    });
  });

export type Environment = z.infer<typeof environmentSchema>;
export type DaemonSpec = Environment['daemon'];
export type PoolSpec = Environment['pool'];
export type MinerSpec = Environment['miners'][number];
export type Secret = z.infer<typeof secret>;

export function parseEnvironment(
  document: unknown,
): { ok: true; environment: Environment } | { ok: false; problems: Problem[] } {
  const parsed = environmentSchema.safeParse(document);
  return parsed.success
    ? { ok: true, environment: parsed.data }
    : { ok: false, problems: zodProblems(parsed.error) };
}

/** Whether Davylamp may start and stop things here. */
export function mayManage(environment: Environment): boolean {
  return environment.manage ?? environment.network === 'regtest';
}

/** Whether Davylamp may wipe data here: never on a real chain, whatever the file says. */
export function mayReset(environment: Environment): boolean {
  return environment.resettable && environment.network === 'regtest' && mayManage(environment);
}
