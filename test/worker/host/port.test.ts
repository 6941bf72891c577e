import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePorts, isPortFree, listeners, waitForListener } from '../../../worker/host/port.ts';
import { identityOf } from '../../../worker/host/process.ts';
import { othersCanRun } from '../../support/capabilities.ts';
import { atEnd, child, FIXTURES, fixture, hasPython, nextLine, pidOf, until } from './support.ts';

const LOOPBACK = '127.0.0.1';
const NOBODY = { uid: 65_534 };

async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function listen(address: string, port = 0): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, resolve);
  });
  atEnd(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** The first port downwards that is free, with a free one below it. */
async function listenBelow(limit: number): Promise<number> {
  const free = (port: number) => isPortFree({ port, address: LOOPBACK });
  let port = limit - 1;
  while (!(await free(port)) || !(await free(port - 1))) port -= 1;
  return listen(LOOPBACK, port);
}

async function listenElsewhere(address = LOOPBACK) {
  const port = await freePort();
  const server = child(process.execPath, [join(FIXTURES, 'listen.mjs'), String(port), address]);
  await nextLine(server);
  return { port, pid: pidOf(server), server };
}

describe('listeners', () => {
  it.each([LOOPBACK, '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'])(
    'finds the foreign owner of %s',
    async (address) => {
      const { port, pid } = await listenElsewhere(address);

      expect(await listeners(port)).toEqual([
        {
          address,
          port,
          inode: expect.any(Number),
          uid: process.getuid?.(),
          rxQueue: 0,
          owner: identityOf(pid),
        },
      ]);
    },
  );

  it.runIf(hasPython)('names the oldest of several processes that share the socket', async () => {
    const port = await freePort();
    const script = `
import os, socket, sys, time
server = socket.create_server(('127.0.0.1', ${port}))
os.fork() or time.sleep(60)
print('forked', flush=True)
time.sleep(60)`;
    const parent = child('python3', ['-c', script]);
    await nextLine(parent);
    const [listener] = await listeners(port);
    expect(listener?.owner).toEqual(identityOf(pidOf(parent)));
  });

  it('believes a likely owner only when it has the socket', async () => {
    const { port, pid } = await listenElsewhere();
    const other = pidOf(child('sleep', ['60']));
    for (const likely of [pid, other, 0x3f_ff_ff]) {
      expect((await listeners(port, likely))[0]?.owner).toEqual(identityOf(pid));
    }
  });

  it('shows connections that a stopped server does not accept', async () => {
    const { port, server } = await listenElsewhere();
    server.kill('SIGSTOP');
    const clients = [connect(port, LOOPBACK), connect(port, LOOPBACK)];
    atEnd(() => clients.map((client) => client.destroy()));

    const queued = await until('the queue', async () =>
      (await listeners(port)).find(({ rxQueue }) => rxQueue === 2),
    );
    expect(queued.owner?.pid).toBe(server.pid);
  });

  it('is empty when nobody listens, though somebody is connected from there', async () => {
    const port = await listen(LOOPBACK);
    const client = connect(port, LOOPBACK);
    await new Promise((resolve) => client.once('connect', resolve));
    atEnd(() => client.destroy());
    expect(await listeners(client.localPort ?? 0)).toEqual([]);
  });

  it.runIf(othersCanRun)('has no owner where it is not ours to see', async () => {
    const { port } = await listenElsewhere();
    const seen = await nextLine(fixture('look.ts', ['listeners', String(port)], NOBODY));
    expect(JSON.parse(seen)).toMatchObject([{ port, uid: 0, owner: null }]);
  });
});

describe('isPortFree', () => {
  it('knows that a wildcard covers every address, and one address only itself', async () => {
    const loopback = await listen(LOOPBACK);
    expect(await isPortFree({ port: loopback, address: LOOPBACK })).toBe(false);
    expect(await isPortFree({ port: loopback, address: '0.0.0.0' })).toBe(false);
    expect(await isPortFree({ port: loopback, address: '127.0.0.2' })).toBe(true);
    const everywhere = await listen('::');
    expect(await isPortFree({ port: everywhere, address: LOOPBACK })).toBe(false);
    expect(await isPortFree({ port: await freePort(), address: LOOPBACK })).toBe(true);
  });

  it('sees a port that an outgoing connection sits on', async () => {
    const client = connect(await listen(LOOPBACK), LOOPBACK);
    await new Promise((resolve) => client.once('connect', resolve));
    atEnd(() => client.destroy());
    const port = client.localPort ?? 0;
    expect(await listeners(port)).toEqual([]);
    expect(await isPortFree({ port, address: LOOPBACK })).toBe(false);
  });

  it.runIf(othersCanRun)('asks the table about a port that it may not bind itself', async () => {
    const isFree = (port: number) =>
      nextLine(fixture('look.ts', ['isPortFree', JSON.stringify({ port, address: LOOPBACK })], NOBODY));
    const port = await listenBelow(1_024);
    expect(await isFree(port)).toBe('false');
    expect(await isPortFree({ port: port - 1, address: LOOPBACK })).toBe(true);
    expect(await isFree(port - 1)).toBe('true');
  });

  it('leaves the port free', async () => {
    const port = await freePort();
    expect(await isPortFree({ port, address: '0.0.0.0' })).toBe(true);
    expect(await listen('0.0.0.0', port)).toBe(port);
  });
});

describe('freePorts', () => {
  it('hands out distinct ports that the kernel does not give away', async () => {
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    const [low = 0, high = 0] = range;
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports) {
      expect(port < low || port > high).toBe(true);
      expect(port).toBeGreaterThanOrEqual(10_000);
    }
  });
});

describe('waitForListener', () => {
  it('waits for the port and names its owner', async () => {
    const port = await freePort();
    const waiting = waitForListener({ port, timeoutMs: 10_000 });
    const server = child(process.execPath, [join(FIXTURES, 'listen.mjs'), String(port), LOOPBACK]);
    expect((await waiting).owner?.pid).toBe(server.pid);
  });

  it('gives up with a reason', async () => {
    const port = await freePort();
    await expect(waitForListener({ port, timeoutMs: 60 })).rejects.toThrow(
      `a listener on port ${port}: not within 60 ms`,
    );
  });
});
