import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createKey } from '../../db/keys.ts';
import { EventReader } from '../support/event-stream.ts';
import { note } from '../support/note.ts';
import {
  addEnvironment,
  ask,
  codeOf,
  HOST,
  postRun,
  type StartOptions,
  startApi,
  type TestApi,
} from './support/api.ts';
import { driveRun } from './support/drive.ts';

const JSON_ONLY = { accept: 'application/json' };
const WAIT = { timeout: 10_000 };

async function started(options: StartOptions = {}) {
  const api = await startApi(options);
  const { body } = await postRun(api, { pipelineName: 'mining-health-check' });
  return { api, id: body.id as string, path: `/v1/runs/${body.id}/events` };
}

/** The rows, oldest first, as a stream tells them. */
async function rowsOf({ database }: TestApi, runId?: string) {
  const rows = await database.query((db) =>
    db.execute<{ seq: string; run_id: string; type: string; data: object }>(
      `select seq, run_id, type, data from events ${runId ? `where run_id = '${runId}'` : ''} order by seq`,
    ),
  );
  return rows.map(({ seq, run_id, type, data }) => ({ seq: Number(seq), runId: run_id, type, data }));
}

const toldBy = (reader: EventReader) =>
  reader.told.map(({ data: { at, ...event }, id, event: type }) => {
    expect({ id, type }).toEqual({ id: String(event.seq), type: event.type });
    expect(new Date(at).toISOString()).toBe(at);
    return event;
  });

const listen = (api: TestApi, path: string, lastEventId = '') =>
  EventReader.open(`${api.url}${path}`, { key: api.key, lastEventId });

const finish = (api: TestApi, id: string) =>
  driveRun(api.database, id, [{ type: 'begun' }, { type: 'stage_decided', decision: 'healthy' }]);

test('a stream tells what happened, what happens, and that the run has ended', async () => {
  const { api, id, path } = await started();
  const response = await fetch(`${api.url}${path}`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${api.key}` },
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = await listen(api, path);
  await expect.poll(() => reader.told.length, WAIT).toBe(1);
  expect(reader.retryMs).toBe(2_000);
  await note(api.database, id, 'action', { said: 'line\nbreak\r\n\ndata: x' });
  await expect.poll(() => reader.told.length, WAIT).toBe(2);
  await finish(api, id);
  expect(await reader.ended).toBe('ended');
  expect(toldBy(reader)).toEqual(await rowsOf(api, id));
  expect(reader.events.at(-1)).toEqual({
    id: String(reader.told.at(-1)?.data.seq),
    event: 'end',
    data: { runId: id, status: 'succeeded', outcome: 'healthy' },
  });
});

test('one that comes back hears the rest, and a page has the same', async () => {
  const { api, id, path } = await started();
  for (let step = 0; step < 150; step++) await note(api.database, id, 'progress', { step });
  await finish(api, id);
  const rows = await rowsOf(api, id);
  const from = rows[19]?.seq ?? 0;
  const readers = await Promise.all([
    listen(api, `${path}?after=${rows[3]?.seq}`, String(from)),
    listen(api, `${path}?after=${from}`),
    listen(api, path, String(rows.at(-1)?.seq)),
  ]);
  expect(await Promise.all(readers.map(({ ended }) => ended))).toEqual(['ended', 'ended', 'ended']);
  expect(readers.map(toldBy)).toEqual([rows.slice(20), rows.slice(20), []]);
  expect(readers[2]?.events).toHaveLength(1);

  const page = await ask(api, `${path}?after=${from}&limit=3`, { headers: JSON_ONLY });
  expect(page.body.items.map(({ seq }: { seq: number }) => seq)).toEqual(
    rows.slice(20, 23).map(({ seq }) => seq),
  );
  expect(page.body.nextAfter).toBe(rows[22]?.seq);
  const last = await ask(api, `${path}?after=${rows.at(-2)?.seq}`, { headers: JSON_ONLY });
  expect(last.body).toMatchObject({ items: [{ seq: rows.at(-1)?.seq }], nextAfter: null });
  const tag = last.headers.get('etag') ?? '';
  const same = await ask(api, `${path}?after=${rows.at(-2)?.seq}`, {
    headers: { ...JSON_ONLY, 'if-none-match': tag },
  });
  expect([same.status, same.body]).toEqual([304, '']);
});

test('what nobody could mean is refused', async () => {
  const { api, path } = await started();
  const codes = await Promise.all([
    ask(api, '/v1/runs/019f0000-0000-7000-8000-000000000000/events'),
    ask(api, '/v1/runs/x/events'),
    ask(api, `${path}?after=-1`),
    ask(api, `${path}?limit=0`),
    ask(api, `${path}?key=x`),
    ask(api, path, { headers: { 'last-event-id': '1;drop' } }),
    ask(api, '/v1/events?environment='),
  ]);
  expect(codes.map(codeOf)).toEqual([
    'unknown-run',
    'unknown-run',
    'validation-error',
    'validation-error',
    'validation-error',
    'invalid-cursor',
    'validation-error',
  ]);
});

const LONG_MS = 30_000;

/** An event of the type `slow` gets its number, and is committed when the gate opens. */
async function slowEvents({ database }: TestApi) {
  const execute = (statement: string) => database.query((db) => db.execute(statement), LONG_MS);
  await execute(`
    create function wait_if_slow() returns trigger language plpgsql as
      $$ begin if new.type = 'slow' then perform pg_advisory_xact_lock(7); end if; return new; end $$`);
  await execute('create trigger slowly after insert on events for each row execute function wait_if_slow()');
  const keeper = execute(`
    do $$ begin
      perform pg_advisory_xact_lock(7);
      while not exists (select from pg_class where relname = 'opened') loop perform pg_sleep(0.01); end loop;
    end $$`);
  keeper.catch(() => {});
  const waiting = async () =>
    (
      await execute(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).length;
  const held = `select 1 from pg_locks where locktype = 'advisory' and objid = 7
    and database = (select oid from pg_database where datname = current_database())`;
  await expect.poll(async () => (await execute(held)).length, WAIT).toBe(1);
  return {
    /** How many writers wait, for the gate or for each other. */
    waiting,
    async open() {
      await execute('create table opened ()');
      await keeper;
    },
    writeSlowly: (id: string) =>
      execute(`insert into events (run_id, type, data) values ('${id}', 'slow', '{}')`),
  };
}

test('an event that is committed late is not read past, whoever writes the next one', async () => {
  const { api, id, path } = await started();
  const gate = await slowEvents(api);
  const reader = await listen(api, path);
  const slow = note(api.database, id, 'slow', {});
  await expect.poll(gate.waiting, WAIT).toBe(1);
  const others = [note(api.database, id, 'fast', {}), finish(api, id)];
  await expect.poll(gate.waiting, WAIT).toBe(3);
  expect(reader.told.map(({ event }) => event)).toEqual(['stage_attempt_opened']);
  await gate.open();
  await Promise.all([slow, ...others]);
  expect(await reader.ended).toBe('ended');
  expect(toldBy(reader)).toEqual(await rowsOf(api, id));
  expect(reader.told.map(({ event }) => event)).toContain('slow');
});

test('nor is one of another run', async () => {
  const { api, id } = await started();
  const other = (await postRun(api, { pipelineName: 'mining-health-check' })).body.id;
  const gate = await slowEvents(api);
  const reader = await listen(api, '/v1/events?after=0');
  await expect.poll(() => reader.told.length, WAIT).toBe(2);
  const slow = gate.writeSlowly(id);
  await expect.poll(gate.waiting, WAIT).toBe(1);
  await note(api.database, other, 'fast', {});
  const page = await ask(api, '/v1/events?after=0', { headers: JSON_ONLY });
  expect(page.body).toEqual({ items: [], nextAfter: null });
  expect(reader.told).toHaveLength(2);
  await gate.open();
  await slow;
  await expect.poll(() => reader.told.length, WAIT).toBe(4);
  expect(toldBy(reader)).toEqual(await rowsOf(api));
});

test('in a burst nothing is skipped and nothing is told twice', async () => {
  const { api, id, path } = await started();
  const other = (await postRun(api, { pipelineName: 'mining-health-check' })).body.id;
  const steady = await listen(api, path);
  const all = await listen(api, '/v1/events?after=0');
  const hasty: EventReader[] = [await listen(api, path)];
  let isOver = false;
  const comesAndGoes = (async () => {
    while (!isOver) {
      const now = hasty.at(-1);
      const had = now?.told.length ?? 0;
      await expect.poll(() => isOver || (now?.told.length ?? 0) > had + 20, WAIT).toBe(true);
      if (isOver) break;
      now?.close();
      await now?.ended;
      hasty.push(await listen(api, path, now?.lastEventId));
    }
  })();
  const writer = async (number: number) => {
    for (let step = 0; step < 100; step++)
      await note(api.database, number === 4 ? other : id, 'progress', { number, step });
  };
  await Promise.all([0, 1, 2, 3, 4].map(writer));
  isOver = true;
  await comesAndGoes;
  await finish(api, id);
  expect(await Promise.all([steady.ended, hasty.at(-1)?.ended])).toEqual(['ended', 'ended']);
  const rows = await rowsOf(api, id);
  expect(rows.filter(({ type }) => type === 'progress')).toHaveLength(400);
  expect(toldBy(steady)).toEqual(rows);
  expect(hasty.length).toBeGreaterThan(2);
  expect(hasty.flatMap(toldBy)).toEqual(rows);
  const everything = await rowsOf(api);
  await expect.poll(() => all.told.length, WAIT).toBe(everything.length);
  expect(toldBy(all)).toEqual(everything);
});

test('the events of all runs can be those of one environment, and begin with the last minute', async () => {
  const { api, id } = await started();
  await addEnvironment(api.database, { host: HOST, name: 'other', workingDirectory: `${api.root}/other` });
  const other = (await postRun(api, { workingDirectory: `${api.root}/other` })).body.id;
  await api.database.query((db) =>
    db.execute(`update events set at = now() - interval '2 minutes' where run_id = '${id}'`),
  );
  const readers = await Promise.all([listen(api, '/v1/events'), listen(api, '/v1/events?environment=lab')]);
  await note(api.database, id, 'action', {});
  const types = (reader?: EventReader) => reader?.told.map(({ data, event }) => [data.runId, event]);
  await expect
    .poll(() => types(readers[0]), WAIT)
    .toEqual([
      [other, 'stage_attempt_opened'],
      [id, 'action'],
    ]);
  await expect.poll(() => types(readers[1]), WAIT).toEqual([[id, 'action']]);
});

test('a key has so many streams, and a place is free again when one ends', async () => {
  const { api, path } = await started({ eventStreams: { perKey: 2, inAll: 3 } });
  const key = await createKey(api.database, 'other', ['read']);
  const open = [await listen(api, path), await listen(api, path)];
  const refused = await ask(api, path);
  expect([codeOf(refused), refused.headers.get('retry-after')]).toEqual(['too-many-requests', '2']);
  await EventReader.open(`${api.url}${path}`, { key });
  expect(codeOf(await ask(api, path, { key }))).toBe('too-many-requests');
  open[0]?.close();
  await expect.poll(async () => (await listen(api, path).catch(() => null)) !== null, WAIT).toBe(true);
});

test('a reader that takes nothing is cut off, one that hears nothing is told that all is well', async () => {
  const { api, id, path } = await started({ eventStreams: { stalledMs: 500, heartbeatMs: 100, inAll: 2 } });
  const quiet = await listen(api, path);
  const slow = connect(Number(new URL(api.url).port), '127.0.0.1');
  const closed = new Promise((resolve) => slow.once('close', resolve));
  slow.on('error', () => {});
  slow.write(
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${api.key}\r\n\r\n`,
  );
  slow.pause();
  await expect.poll(() => quiet.comments, WAIT).toBeGreaterThan(3);
  expect(codeOf(await ask(api, path))).toBe('too-many-requests');
  const text = 'x'.repeat(200_000);
  for (let step = 0; step < 100; step++) await note(api.database, id, 'progress', { step, text });
  await expect.poll(async () => (await listen(api, path).catch(() => null)) !== null, WAIT).toBe(true);
  let heard = '';
  slow.on('data', (part) => {
    heard += part.toString('latin1');
  });
  slow.resume();
  await closed;
  expect(heard).toContain('stage_attempt_opened');
  expect(heard.endsWith('0\r\n\r\n')).toBe(false);
  await finish(api, id);
  expect(await quiet.ended).toBe('ended');
  expect(quiet.told).toHaveLength(103);
});

test('a stream has an end of its own, and a server that closes ends it, and does not cut it off', async () => {
  const { api, path } = await started({ eventStreams: { lifeMs: 300 } });
  expect(await (await listen(api, path)).ended).toBe('ended');
  const { api: another, path: there } = await started();
  const reader = await listen(another, there);
  const whole = await listen(another, '/v1/events');
  await expect.poll(() => reader.told.length, WAIT).toBe(1);
  await another.close();
  expect(await Promise.all([reader.ended, whole.ended])).toEqual(['ended', 'ended']);
});
