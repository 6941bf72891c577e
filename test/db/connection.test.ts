import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { type Database, openDatabase, violatedConstraint } from '../../db/connection.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded/launcher.ts';

const DEADLINE_MS = 400;

/** Starts a Postgres of this test alone, which may be broken; again from the same directory, on the same port. */
async function ownPostgres(dataDir?: string): Promise<EmbeddedPostgres & { dataDir: string }> {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'davylamp-own-')));
  const server = await startEmbeddedPostgres({ dataDir: directory, settings: { fsync: 'off' } });
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  onTestFinished(async () => {
    if (!ended) signalAll(server.pid, 'SIGCONT');
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return { ...server, dataDir: directory };
}

function openFor(url: string): Database {
  const database = openDatabase(url);
  onTestFinished(() => database.close());
  return database;
}

const one = (database: Database, timeoutMs?: number) =>
  database.query((db) => db.execute(sql`select 1 as one`), timeoutMs);

/** The server and its children, which Postgres puts into sessions of their own. */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const children = pids.filter((name) => parentOf(name) === pid).map(Number);
  for (const each of [pid, ...children]) process.kill(each, signal);
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

const unavailable = {
  name: 'DavyError',
  code: 'database-unavailable',
  component: 'postgres',
  nextStep: expect.any(String),
};
const late = { ...unavailable, message: `Postgres: no answer within ${DEADLINE_MS} ms` };

describe('a query has its deadline', () => {
  test('against a Postgres that is frozen, on open connections and on new ones, and works again after', async () => {
    const postgres = await ownPostgres();
    const [warm, cold] = [openFor(postgres.url), openFor(postgres.url)];
    await one(warm);
    signalAll(postgres.pid, 'SIGSTOP');
    const queries = [...Array.from({ length: 25 }, () => one(warm, DEADLINE_MS)), one(cold, DEADLINE_MS)];
    for (const query of await Promise.allSettled(queries))
      expect(query).toMatchObject({ status: 'rejected', reason: late });

    signalAll(postgres.pid, 'SIGCONT');
    expect(await one(warm)).toEqual([{ one: 1 }]);
    expect(await one(cold)).toEqual([{ one: 1 }]);
  });

  test('against a door behind which nobody answers, or everybody leaves', async () => {
    for (const greet of [() => {}, (socket: Socket) => socket.end()]) {
      const server = createServer(greet);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      const database = openFor(`postgres://nobody:x@127.0.0.1:${port}/none`);
      await expect(one(database, DEADLINE_MS)).rejects.toMatchObject(late);
    }
  });

  test('that it keeps when it is merely slow', async () => {
    const database = openFor(inject('postgresUrl'));
    const slow = () => database.query((db) => db.execute(sql`select pg_sleep(30)`), DEADLINE_MS);
    await expect(slow()).rejects.toMatchObject(late);
    expect(await one(database)).toEqual([{ one: 1 }]);
  });
});

describe('a Postgres that goes away', () => {
  test('is unavailable, by name, until it is back', async () => {
    const postgres = await ownPostgres();
    const database = openFor(postgres.url);
    await one(database);
    const sleeping = database.query((db) => db.execute(sql`select pg_sleep(20)`), 20_000);
    const cut = expect(sleeping).rejects.toMatchObject(unavailable);
    const busy = () =>
      database.query((db) => db.execute(sql`select 1 from pg_stat_activity where wait_event = 'PgSleep'`));
    await expect.poll(busy, { timeout: 5_000 }).toHaveLength(1);
    await postgres.stop();
    await cut;
    await expect(one(database, DEADLINE_MS)).rejects.toMatchObject(unavailable);

    expect((await ownPostgres(postgres.dataDir)).url).toBe(postgres.url);
    await expect.poll(() => one(database).catch(() => 'not yet'), { timeout: 5_000 }).toEqual([{ one: 1 }]);
  });

  test('that was never there is unavailable too', async () => {
    const database = openFor('postgres://nobody:x@127.0.0.1:1/none');
    await expect(one(database, DEADLINE_MS)).rejects.toMatchObject(unavailable);
  });
});

describe('an error of a query', () => {
  test('says what is wrong, without the statement', async () => {
    const database = openFor(inject('postgresUrl'));
    const asking = database.query((db) =>
      db.execute(sql`select secret_column from nowhere where x = ${'secret value'}`),
    );
    const error = await asking.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'Postgres: relation "nowhere" does not exist' });
    expect(String(error)).not.toContain('secret');
    expect(violatedConstraint(error)).toBeNull();
  });

  test('names the constraint that a write violates', async () => {
    const database = openFor(inject('postgresUrl'));
    const writing = database.query((db) =>
      db.transaction(async (tx) => {
        await tx.execute(
          sql`create temporary table once (id int constraint only_once unique) on commit drop`,
        );
        await tx.execute(sql`insert into once values (1)`);
        await tx.execute(sql`insert into once values (1)`);
      }),
    );
    expect(violatedConstraint(await writing.catch((reason: unknown) => reason))).toBe('only_once');
    expect([new Error('other'), 'text', null].map(violatedConstraint)).toEqual([null, null, null]);
  });
});

test('a listener hears, and hears no more once it is closed', async () => {
  const database = openFor(inject('postgresUrl'));
  const heard: string[] = [];
  const listening = await database.listen('davy_test', (payload) => heard.push(payload));
  const say = (word: string) =>
    database.query((db) => db.execute(sql`select pg_notify('davy_test', ${word})`));
  await say('one');
  await expect.poll(() => heard).toEqual(['one']);
  await listening.close();
  await say('two');
  await one(database);
  expect(heard).toEqual(['one']);
});

test('a connection that ends right after its beginning is an error of the query, and of nothing else', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const database = openFor(`postgres://nobody:none@127.0.0.1:${await endingAfterBeginning()}/none`);
  await expect(one(database, DEADLINE_MS)).rejects.toMatchObject({ code: 'database-unavailable' });
  // Node tells of them at the end of the turn.
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});

/** Lets everybody in, and answers the first question as Postgres does when an administrator ends the session. */
async function endingAfterBeginning(): Promise<number> {
  const message = (type: string, body: string) => {
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, Buffer.from(body)]);
  };
  const welcome = Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I')]);
  const ending = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(welcome);
      socket.once('data', () => socket.end(ending));
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
