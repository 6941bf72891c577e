import { describe, expect, test } from 'vitest';
import { SettingsError } from '../../lab/fields.ts';
import { parsePoolConfig } from '../../lab/pool/config.ts';
import { startLab } from './support/processes.ts';

const valid = {
  algorithm: 'sha256d',
  daemon: { host: 'localhost', port: 18443, username: 'u', password: 'p' },
  wallet: { address: 'bcrt1q' },
  stratum: { bind: '127.0.0.1', port: 3333, difficulty: 0.5 },
  job: { blockPollMs: 100, rebroadcastMs: 30_000 },
  logging: { file: '/tmp/pool.log' },
};

function problemsOf(config: unknown): readonly string[] {
  try {
    parsePoolConfig(typeof config === 'string' ? config : JSON.stringify(config));
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('a pool configuration', () => {
  test('is read with its defaults, and unknown keys are tolerated', () => {
    const config = parsePoolConfig(JSON.stringify({ ...valid, coin: 'litecoin', job: { vardiff: true } }));
    expect(config.daemon.timeoutMs).toBe(2_000);
    expect(config.stratum).toMatchObject({ users: undefined, handshakeMs: 30_000, idleMs: 600_000 });
    expect(config.job).toEqual({ blockPollMs: 100, rebroadcastMs: 30_000 });
  });

  test('needs no name and password where there is a cookie', () => {
    const daemon = { host: 'localhost', port: 18443, cookieFile: '/x/.cookie' };
    expect(problemsOf({ ...valid, daemon })).toEqual([]);
    expect(problemsOf({ ...valid, daemon: { host: 'localhost', port: 18443 } })).toEqual([
      'daemon.username: must be a non-empty string',
      'daemon.password: must be a non-empty string',
    ]);
  });

  test('tells all problems at once', () => {
    const stratum = { bind: '', port: 65_536, difficulty: 0, users: [{ name: 'a' }] };
    expect(problemsOf({ ...valid, algorithm: 'x11', stratum, logging: [] })).toEqual([
      'algorithm: must be one of sha256d, scrypt',
      'stratum.bind: must be a non-empty string',
      'stratum.port: must be a number from 1 to 65535',
      'stratum.difficulty: must be a number from 0.000016 to 1000000000000',
      'stratum.users[0].password: must be a non-empty string',
      'logging: must be an object',
      'logging.file: must be a non-empty string',
    ]);
  });

  test.each([['{"daemon": {"password": "secret"'], ['[]'], ['null']])('is refused when it is %s', (text) => {
    expect(problemsOf(text)[0]).toMatch(/^the document: (is not valid JSON|must be an object)$/);
  });
});

test.each([[[]], [['--config', '/nonexistent/pool.json']], [['--nonsense']]])(
  'the process ends with 1 and says why, given %j',
  async (argv) => {
    const pool = startLab('pool', argv);
    expect(await pool.ended).toBe(1);
    expect(pool.stderr()).toMatch(/Usage|ENOENT|Unknown option/);
    expect(pool.stderr()).not.toContain('    at ');
  },
);
