import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { serveApi } from '../../api/http/server.ts';
import { ask, postRun, startApi } from './support/api.ts';

/** Cut off or ended in peace, both will do. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('a port that is taken is said so', async () => {
  const api = await startApi();
  const port = Number(new URL(api.url).port);
  await expect(serveApi(new Hono(), { port, bind: '127.0.0.1' })).rejects.toMatchObject({
    code: 'port-taken',
    message: `Port ${port} of 127.0.0.1 is taken.`,
  });
});

test('closing does not wait for idle or dawdling clients', async () => {
  const endless = { headersTimeout: 600_000, requestTimeout: 600_000, keepAliveTimeout: 600_000 };
  const api = await startApi({ limits: endless });
  const port = Number(new URL(api.url).port);
  const idle = connect(port, '127.0.0.1');
  const dawdling = connect(port, '127.0.0.1');
  await Promise.all([once(idle, 'connect'), once(dawdling, 'connect')]);
  dawdling.write(
    `POST /v1/runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.key}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
  );
  const ends = Promise.all([idle, dawdling].map(closed));
  await Promise.all([api.close(), api.close()]);
  await ends;
});

test('a client that does not send what it promised is let go with 408', async () => {
  const limits = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 100 };
  const api = await startApi({ limits });
  const head = `POST /v1/runs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${api.key}\r\n`;
  const halfBody = `${head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{`;
  for (const half of [head, halfBody]) {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (part) => {
      text += part.toString();
    });
    socket.write(half);
    await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
    expect(text).toMatch(/^HTTP\/1\.1 408 [\s\S]*problems\/request-timeout/);
  }
  expect(api.logs.filter(({ level }) => level === 'error')).toEqual([]);
});

test('every request has a line in the log, without query and key', async () => {
  const api = await startApi();
  const { headers } = await postRun(api);
  await ask(api, '/v1/runs?limit=7');
  const lines = () => api.logs.filter(({ message }) => message === 'request');
  await expect.poll(() => lines().length).toBe(2);
  expect(lines()[0]).toEqual({
    level: 'info',
    message: 'request',
    data: {
      requestId: headers.get('x-request-id'),
      method: 'POST',
      path: '/v1/runs',
      status: 202,
      durationMs: expect.any(Number),
      keyId: api.key.split('_')[1],
    },
  });
  expect(lines()[1]?.data).toMatchObject({ path: '/v1/runs', method: 'GET' });
  expect(JSON.stringify(api.logs)).not.toContain(api.key.split('_')[2]);
});
