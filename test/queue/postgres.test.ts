import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDispatcher } from '../../queue/dispatcher.ts';
import { BROKERS, type Broker, eventually, gateOf, someJob } from './brokers.ts';

/** Less than the pause after an answer, more than an answer takes. */
const BEAT_MS = 25;
const ASKED = 20;

let broker: Broker;

beforeAll(async () => {
  const postgres = BROKERS.find((entry) => entry.broker === 'Postgres');
  if (postgres === undefined) throw new Error('no Postgres');
  broker = await postgres.start();
});
afterAll(() => broker?.stop());

test('a database that is away is an error', async () => {
  const open = () => openDispatcher({ databaseUrl: 'postgres://127.0.0.1:1/none', log: () => {} });
  await expect(open()).rejects.toThrow(/ECONNREFUSED/);
});

test('keeps its tables in a schema of its own, made by whoever comes first', async () => {
  const databaseUrl = `${broker.config.databaseUrl}?options=-c%20statement_timeout%3D9s`;
  const open = () => openDispatcher({ databaseUrl, log: () => {} });
  const dispatchers = await Promise.all([open(), open(), open()]);
  for (const dispatcher of dispatchers) expect(await dispatcher.enqueue(someJob('rig-1'))).toBe('enqueued');
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()));
  const client = new pg.Client({ connectionString: broker.config.databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  expect(rows).toEqual([{ schemaname: 'davylamp_queue' }]);
  await client.end();
});

test('a database that is starting up is asked now and then, not without pause', async () => {
  const dispatcher = await openDispatcher({ ...broker.config, log: () => {} });
  const gate = gateOf();
  let woken = 0;
  const handle = async () => {
    woken++;
    await gate.opened;
  };
  const consumer = dispatcher.consume('rig-1', handle, { concurrency: 2, graceMs: 0 });
  for (let count = 0; count < 4; count++) await dispatcher.enqueue(someJob('rig-1'));
  await eventually(() => woken === 2);
  await broker.kill();
  const { server, asked } = await startingUp(Number(new URL(broker.config.databaseUrl).port));
  gate.open();
  await eventually(() => asked() > 0);
  let beats = 0;
  const heart = setInterval(() => beats++, BEAT_MS);
  const before = asked();
  await eventually(() => asked() >= before + ASKED);
  clearInterval(heart);
  expect(beats, 'time passes between two questions').toBeGreaterThan(ASKED);
  server.close();
  await broker.restart();
  await eventually(() => woken >= 4);
  await consumer.close();
  await dispatcher.close();
});

/** Answers as PostgreSQL does while it recovers. */
async function startingUp(port: number): Promise<{ server: Server; asked: () => number }> {
  let count = 0;
  const fields = 'SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0';
  const answer = Buffer.from(`E\0\0\0${String.fromCharCode(fields.length + 4)}${fields}`);
  const server = createServer((socket) => {
    count++;
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, asked: () => count };
}
