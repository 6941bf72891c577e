import { expect, test } from 'vitest';
import { ask, HOST, startApi } from './support/api.ts';

test('hosts and environments are listed, without their secrets', async () => {
  const api = await startApi();
  const hosts = await ask(api, '/v1/hosts');
  expect(hosts.body).toEqual({
    items: [{ name: HOST, roots: [api.root], startedAt: expect.any(String), seenAt: expect.any(String) }],
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

test('health is told to everybody, without a key', async () => {
  const api = await startApi();
  expect((await ask(api, '/healthz', { key: null })).body).toEqual({ status: 'ok' });
  const ready = await ask(api, '/readyz', { key: null });
  expect(ready.body).toEqual({ status: 'ready', postgres: 'ok', queue: 'ok' });
});
