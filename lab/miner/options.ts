import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Fields, parseSettings, SettingsError } from '../fields.ts';
import { type Algorithm, algorithms } from '../protocol/hash.ts';

/** Hashes a second where nothing else is said: a few per cent of one core. */
export const defaultHashesPerSecond: Record<Algorithm, number> = { scrypt: 200, sha256d: 20_000 };

const DEFAULT_RETRY_SECONDS = 1;
const DEFAULT_TIMEOUT_SECONDS = 120;
const PASSWORD_VARIABLE = 'LAB_MINER_PASSWORD';
const STRATUM_PROTOCOL = 'stratum+tcp:';

/** What a miner needs to know. */
export interface MinerOptions {
  readonly algorithm: Algorithm;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly retrySeconds: number;
  /** A pool that is silent for so long is left. */
  readonly timeoutSeconds: number;
  /** 0 for no limit. */
  readonly hashesPerSecond: number;
}

// minerd's letters. Those it has and we have no use for are accepted, so that one command line serves both.
const flags = {
  algo: { type: 'string', short: 'a' },
  url: { type: 'string', short: 'o' },
  user: { type: 'string', short: 'u' },
  pass: { type: 'string', short: 'p' },
  config: { type: 'string', short: 'c' },
  throttle: { type: 'string' },
  'retry-pause': { type: 'string', short: 'R' },
  timeout: { type: 'string', short: 'T' },
  threads: { type: 'string', short: 't' },
  quiet: { type: 'boolean', short: 'q' },
  debug: { type: 'boolean', short: 'D' },
} as const;

/**
 * Reads the command line, then LAB_MINER_PASSWORD, then the JSON file of `-c` (minerd's long option names as keys);
 * the first that says something wins. Throws `SettingsError` with every problem found.
 */
export function readMinerOptions(argv: string[], environment: NodeJS.ProcessEnv): MinerOptions {
  const given = parseFlags(argv);
  const fromFile = given.config === undefined ? {} : readFile(given.config);
  const password = environment[PASSWORD_VARIABLE];
  const fromEnvironment = password === undefined ? {} : { pass: password };
  return check(new Fields({ ...fromFile, ...fromEnvironment, ...numbersOf(given) }));
}

function check(fields: Fields): MinerOptions {
  const algorithm = fields.oneOf('algo', algorithms, 'scrypt');
  const url = readUrl(fields);
  const options = {
    algorithm,
    host: url.hostname,
    port: Number(url.port),
    user: fields.text('user'),
    password: fields.text('pass'),
    retrySeconds: fields.number('retry-pause', { min: 0.01, max: 3_600 }, DEFAULT_RETRY_SECONDS),
    timeoutSeconds: fields.number('timeout', { min: 0.1, max: 3_600 }, DEFAULT_TIMEOUT_SECONDS),
    hashesPerSecond: fields.number('throttle', { min: 0, max: 1e9 }, defaultHashesPerSecond[algorithm]),
  };
  fields.finish();
  return options;
}

function readUrl(fields: Fields): URL {
  const fallback = new URL(`${STRATUM_PROTOCOL}//nowhere:1`);
  const text = fields.text('url');
  if (text === '') return fallback;
  const url = URL.canParse(text) ? new URL(text) : fallback;
  const usable = url !== fallback && url.protocol === STRATUM_PROTOCOL && url.port !== '';
  if (!usable) fields.problems.push(`url: must be ${STRATUM_PROTOCOL}//HOST:PORT`);
  return url;
}

function parseFlags(
  argv: string[],
): Partial<Record<keyof typeof flags, string | boolean>> & { config?: string } {
  try {
    return parseArgs({ args: argv, options: flags }).values;
  } catch (error) {
    throw new SettingsError([error instanceof Error ? error.message : String(error)]);
  }
}

function numbersOf(given: Record<string, string | boolean>): Record<string, unknown> {
  const numeric = new Set(['throttle', 'retry-pause', 'timeout']);
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, numeric.has(key) ? Number(value) : value]),
  );
}

function readFile(file: string): object {
  try {
    return new Object(parseSettings(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof SettingsError)
      throw new SettingsError(error.problems.map((each) => `${file}: ${each}`));
    throw new SettingsError([error instanceof Error ? error.message : String(error)]);
  }
}
