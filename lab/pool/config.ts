import { readFileSync } from 'node:fs';
import { Fields, parseSettings, SettingsError } from '../fields.ts';
import { type Algorithm, algorithms } from '../protocol/hash.ts';

const portBounds = { min: 1, max: 65_535 };
const waitBoundsMs = { min: 10, max: 3_600_000 };
const MAX_DIFFICULTY = 1e12;
// Below this the target overflows the 64 bits that minerd computes it in.
const minDifficulty: Record<Algorithm, number> = { sha256d: 2.4e-10, scrypt: 0.000_016 };

/** Where the daemon answers, and how to log in: name and password, or the cookie file it writes at start. */
export interface DaemonConfig {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly cookieFile: string | undefined;
  readonly timeoutMs: number;
}

/** A login that the pool accepts. */
export interface StratumUser {
  readonly name: string;
  readonly password: string;
}

/** The miners' side of the pool. */
export interface StratumConfig {
  readonly bind: string;
  readonly port: number;
  /** Share difficulty; see `difficultyForInterval` for how to choose it. */
  readonly difficulty: number;
  /** The only logins accepted; undefined accepts any. */
  readonly users: readonly StratumUser[] | undefined;
  /** A session that has not logged in by then is closed. */
  readonly handshakeMs: number;
  /** A session that has sent nothing for so long is closed. */
  readonly idleMs: number;
}

/** The practice pool's whole configuration. */
export interface PoolConfig {
  readonly algorithm: Algorithm;
  readonly daemon: DaemonConfig;
  readonly wallet: { readonly address: string };
  readonly stratum: StratumConfig;
  readonly job: { readonly blockPollMs: number; readonly rebroadcastMs: number };
  readonly logging: { readonly file: string };
}

/** Reads and checks a pool's JSON file. Throws `SettingsError` with every problem found. */
export function loadPoolConfig(file: string): PoolConfig {
  return parsePoolConfig(readText(file));
}

/** Checks the text of a pool's JSON file. Throws `SettingsError` with every problem found. */
export function parsePoolConfig(text: string): PoolConfig {
  const fields = new Fields(parseSettings(text));
  const algorithm = fields.oneOf('algorithm', algorithms, 'scrypt');
  const config: PoolConfig = {
    algorithm,
    daemon: readDaemon(fields.section('daemon')),
    wallet: { address: fields.section('wallet').text('address') },
    stratum: readStratum(fields.section('stratum'), algorithm),
    job: readJob(fields.section('job')),
    logging: { file: fields.section('logging').text('file') },
  };
  fields.finish();
  return config;
}

function readDaemon(fields: Fields): DaemonConfig {
  const cookie = fields.has('cookieFile');
  return {
    host: fields.text('host'),
    port: fields.integer('port', portBounds),
    username: cookie ? '' : fields.text('username'),
    password: cookie ? '' : fields.text('password'),
    cookieFile: cookie ? fields.text('cookieFile') : undefined,
    timeoutMs: fields.integer('timeoutMs', waitBoundsMs, 2_000),
  };
}

function readStratum(fields: Fields, algorithm: Algorithm): StratumConfig {
  return {
    bind: fields.text('bind'),
    port: fields.integer('port', portBounds),
    difficulty: fields.number('difficulty', { min: minDifficulty[algorithm], max: MAX_DIFFICULTY }),
    users: fields.has('users') ? fields.list('users').map(readUser) : undefined,
    handshakeMs: fields.integer('handshakeMs', waitBoundsMs, 30_000),
    idleMs: fields.integer('idleMs', waitBoundsMs, 600_000),
  };
}

function readUser(fields: Fields): StratumUser {
  return { name: fields.text('name'), password: fields.text('password') };
}

function readJob(fields: Fields): PoolConfig['job'] {
  return {
    blockPollMs: fields.integer('blockPollMs', waitBoundsMs, 100),
    rebroadcastMs: fields.integer('rebroadcastMs', waitBoundsMs, 30_000),
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettingsError([error instanceof Error ? error.message : String(error)]);
  }
}
