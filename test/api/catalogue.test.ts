import { expect, test } from 'vitest';
import { ask, HOST, postRun, startApi } from './support/api.ts';

test('hosts and environments are listed, without their secrets', async () => {
  const api = await startApi();
  const hosts = await ask(api, '/v1/hosts');
  expect(hosts.body).toEqual({
    items: [
      {
        name: HOST,
        alive: true,
        seenAt: expect.any(String),
        startedAt: expect.any(String),
        roots: [api.root],
        environments: ['lab'],
      },
    ],
  });
  const environments = await ask(api, '/v1/environments');
  expect(environments.body).toEqual({
    items: [
      {
        name: 'lab',
        host: HOST,
        workingDirectory: api.lab,
        network: 'regtest',
        managed: true,
        resettable: false,
        components: [
          { name: 'daemon', role: 'daemon', kind: 'bitcoind' },
          { name: 'pool', role: 'pool', kind: 'coiniumserv' },
          { name: 'miner-1', role: 'miner', kind: 'cpuminer' },
        ],
        maintenance: null,
        healthy: null,
        seenAt: expect.any(String),
      },
    ],
  });
  expect(JSON.stringify(environments.body)).not.toContain('not-for-clients');
});

test('a host without a live worker is said to have none, and its runs are accepted and wait for one', async () => {
  const api = await startApi();
  await api.database.query((db) =>
    db.execute(
      `update hosts set seen_at = now() - interval '11 seconds', started_at = now() - interval '1 hour'`,
    ),
  );
  const [host] = (await ask(api, '/v1/hosts')).body.items;
  expect(host.alive).toBe(false);
  const { status, body } = await postRun(api);
  expect(status).toBe(202);
  expect(body.waitingFor).toEqual({ kind: 'worker', host: HOST, lastSeenAt: host.seenAt });
});

test('health is told to everybody, without a key', async () => {
  const api = await startApi();
  expect((await ask(api, '/healthz', { key: null })).body).toEqual({ status: 'ok' });
  const ready = await ask(api, '/readyz', { key: null });
  expect(ready.body).toEqual({ status: 'ready', postgres: 'ok', queue: 'ok' });
});
