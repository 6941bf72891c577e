import type { MinerSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import { commandProof } from './adoption-proof.ts';
import { editJson, readJson, valueAt } from './config-file.ts';
import { daemonAlgorithm } from './daemon-kinds.ts';
import { type Dialect, STRICT_JSON } from './json-text.ts';
import type { MinerKind, Program } from './kind.ts';
import { observeMiner } from './miner-facts.ts';
import { poolKind } from './pool-kinds.ts';
import { reachOf } from './pool-reach.ts';
import { type Member, pathOf, poolMember, reveal } from './stack.ts';
import { endProcess, type StartSignature, startProcess, workingFolder } from './supervised.ts';

type Miner = Member<MinerSpec>;

/** What sets a miner with minerd's configuration file apart from the others. */
export interface MinerdTraits {
  programs(member: Miner): Promise<Program[]>;
  /** What it is started with where `davy.json` has no command. */
  command(file: string): string[];
  /** Further options of a new configuration. */
  options: Readonly<Record<string, string>>;
  /** What it says beside minerd's words when it cannot start. */
  signatures?: readonly StartSignature[];
}

const DIALECT: Dialect = STRICT_JSON;

/** What minerd and its kin end with before they begin: cpu-miner.c, as it is and as it was before 2.4. */
const START_SIGNATURES: readonly StartSignature[] = [
  // What it says under its own name instead of with a time, it says of its options.
  { pattern: /^\S*minerd: /, cause: 'bad_config' },
  { pattern: /JSON decode of .* failed|JSON option \S+ invalid/, cause: 'bad_config' },
];

/** The kind of a miner that reads `minerd -c file`: its login stays out of the arguments that everybody sees. */
export function minerdFamily({ programs, command, options, signatures = [] }: MinerdTraits): MinerKind {
  return {
    programs,

    async configure(member) {
      const login = loginOf(member);
      const pool = poolMember(member.stack);
      const { host } = await reachOf(pool);
      const url = `stratum+tcp://${host}:${await poolKind(pool).port(pool)}`;
      const template = {
        url,
        user: login.username,
        pass: login.password,
        algo: await daemonAlgorithm(member.stack),
        ...options,
      };
      return [await editJson(configFile(member), template, [{ path: ['url'], value: url }], DIALECT)];
    },

    async start(member) {
      const argv = member.spec.command ?? command(configFile(member));
      return await startProcess(member, { argv, cwd: workingFolder(member) });
    },

    async alignLogin(member) {
      const file = configFile(member);
      const { username, password } = loginOf(member);
      // Where both forms stand in the file, the last one counts; both are set.
      const joined = valueAt(await readJson(file, DIALECT), ['userpass']) !== undefined;
      const edits = [
        { path: ['user'], value: username },
        { path: ['pass'], value: password },
        ...(joined ? [{ path: ['userpass'], value: `${username}:${password}` }] : []),
      ];
      return await editJson(file, {}, edits, DIALECT);
    },

    stop: (member, { force }) => endProcess(member, force),

    adoptionProof: async (member) =>
      commandProof({ argv: member.spec.command ?? command(configFile(member)), cwd: workingFolder(member) }),

    async observe(member) {
      const file = configFile(member);
      const { config, problem } = await readJson(file, DIALECT).then(
        (config) => ({ config, problem: null }),
        (error: unknown) => ({ config: null, problem: messageOf(error) }),
      );
      const facts = await observeMiner(member, {
        loginMatches: loginMatches(member, config),
        url: String(valueAt(config, ['url']) ?? ''),
        signatures: [...START_SIGNATURES, ...signatures],
        configFiles: [file],
      });
      return problem !== null && facts.process.state === 'down' && readsFile(member)
        ? { ...facts, startFailure: { cause: 'bad_config', line: problem } }
        : facts;
    },
  };
}

/** Whether its configuration is known to be the one that it reads. */
function readsFile({ spec }: Miner): boolean {
  return spec.command === undefined || spec.configFile !== undefined;
}

function configFile(member: Miner): string {
  return pathOf(member, member.spec.configFile ?? `${member.ref.name}.json`);
}

function loginOf({ ref, spec }: Miner): { username: string; password: string } {
  return {
    username: spec.login.username,
    password: reveal(spec.login.password, `${ref.name}.login.password`),
  };
}

/** Whether the file has the login of `davy.json`; `null` where it is not known to be the one that is read. */
function loginMatches(member: Miner, config: unknown): boolean | null {
  const { login } = member.spec;
  if (config === null || !readsFile(member)) return null;
  if (typeof login.password === 'object' && !process.env[login.password.env]) return null;
  const { username, password } = loginOf(member);
  const joined = valueAt(config, ['userpass']);
  if (joined !== undefined) return joined === `${username}:${password}`;
  return valueAt(config, ['user']) === username && valueAt(config, ['pass']) === password;
}
