import { rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HOST, isPortFree } from '../../../db/embedded/port.ts';
import { postgresRunsInPlace } from '../../support/capabilities.ts';
import { isAlive, launch, start, temporaryDirectory, usedDataDir } from './fixtures/processes.ts';
import { readMarks, withSql, writeMark } from './fixtures/rows.ts';

test('a second start finds the data of the first, on the same port', async () => {
  const dataDir = await temporaryDirectory();
  const first = await start(dataDir);
  await writeMark(first.url, 'kept');
  await first.stop();
  expect(await first.exited).toEqual({ exitCode: 0, signal: null });
  expect(isAlive(first.pid)).toBe(false);
  expect(await isPortFree(first.port)).toBe(true);

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await readMarks(second.url)).toEqual(['kept']);
});

test('it is durable, local, and keeps its secrets to its owner', async () => {
  const dataDir = await usedDataDir();
  const { url, port } = await start(dataDir);
  const settings = await withSql(url, async (sql) => {
    const rows = await sql`select name, setting from pg_settings where name in
      ('fsync', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories', 'TimeZone', 'jit',
       'server_encoding', 'password_encryption', 'max_connections')`;
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  });
  expect(settings).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    listen_addresses: HOST,
    unix_socket_directories: '',
    TimeZone: 'UTC',
    jit: 'off',
    server_encoding: 'UTF8',
    password_encryption: 'scram-sha-256',
    max_connections: '100',
  });
  expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
  await expect(withSql(`postgres://davylamp:guess@${HOST}:${port}/davylamp`, (sql) => sql`select 1`))
    .rejects //
    .toMatchObject({ code: '28P01' });
});

test('stop ends a server with busy clients, and may be called twice', async () => {
  const postgres = await start(await usedDataDir());
  const broken = withSql(postgres.url, (sql) => sql`select pg_sleep(60)`).catch(() => 'cut');
  await withSql(postgres.url, async (sql) => {
    const busy = () => sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'`;
    await expect.poll(busy, { timeout: 5_000 }).toHaveLength(1);
  });
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(await broken).toBe('cut');
  expect(isAlive(postgres.pid)).toBe(false);
});

test('a port that somebody else took is left to them', async () => {
  const dataDir = await usedDataDir();
  const first = await start(dataDir);
  await first.stop();
  const squatter = createServer().listen(first.port, HOST);
  onTestFinished(() => void squatter.close());

  const lines: string[] = [];
  const second = await start(dataDir, { log: (line) => lines.push(line) });
  expect(second.port).not.toBe(first.port);
  expect(lines).toEqual([`port ${first.port} is taken; PostgreSQL moves to ${second.port}`]);
  await second.stop();
  expect((await start(dataDir)).port).toBe(second.port);
});

test('a second launcher is told who has the directory, in another process or in the same', async () => {
  const dataDir = await usedDataDir();
  const first = await launch({ dataDir });
  const holder = `${join(dataDir, 'postgres')} is in use by process ${first.launcher.pid}.`;
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'postgres-held', message: holder });
  expect(await launch({ dataDir })).toMatchObject({ code: 'postgres-held', message: holder });
  await writeMark(first.url, 'undisturbed');

  const own = await usedDataDir();
  await start(own);
  await expect(start(own)).rejects.toMatchObject({ message: expect.stringContaining(`${process.pid}`) });
});

test('a start that fails says why, and leaves the directory free', async () => {
  const dataDir = await usedDataDir();
  await expect(start(dataDir, { settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
    code: 'postgres-start',
    message: expect.stringMatching(
      /exit code 1[\s\S]*invalid value for parameter "shared_buffers": "plenty"/,
    ),
  });
  await start(dataDir);
});

test.skipIf(!postgresRunsInPlace)(
  'a lost cluster or password is an error, never an empty database',
  async () => {
    const dataDir = await usedDataDir();
    const inside = (name: string) => join(dataDir, 'postgres', name);

    await rename(inside('password'), inside('elsewhere'));
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'postgres-password' });
    await rename(inside('elsewhere'), inside('password'));

    await rename(inside('cluster'), inside('elsewhere'));
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'postgres-cluster-missing' });
  },
);
