import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../worker/host/port.ts';
import { type RpcEndpoint, RpcError, rpcCall } from '../../../worker/host/rpc.ts';
import { tcpSockets } from '../../../worker/host/sockets.ts';
import { type Litecoind, launchLitecoind, startLitecoind } from './litecoind.ts';
import { atEnd, until, untilState } from './support.ts';

async function failureOf(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    (result) => new Error(`it answered ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RpcError)) throw error;
  return error;
}

async function serve(server: Server): Promise<RpcEndpoint> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    username: 'u',
    password: 'p4ssword',
  };
}

describe('rpcCall to a real daemon', () => {
  let daemon: Litecoind;
  beforeAll(async () => {
    daemon = await startLitecoind();
  });

  it('returns results, null among them, with password, cookie and wallet', async () => {
    const { host, port } = daemon.endpoint;
    expect(await rpcCall(daemon.endpoint, 'getblockchaininfo')).toMatchObject({ chain: 'regtest' });
    expect(await rpcCall(daemon.endpoint, 'ping')).toBeNull();
    const hash = await rpcCall(daemon.endpoint, 'getblockhash', [0]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);

    await rpcCall(daemon.endpoint, 'createwallet', ['a/b c'], { timeoutMs: 20_000 });
    const wallet = { ...daemon.endpoint, wallet: 'a/b c' };
    expect(await rpcCall(wallet, 'getwalletinfo')).toMatchObject({ walletname: 'a/b c' });
    const noCookie = { host, port, cookieFile: join(daemon.chainFolder, '.cookie') };
    expect(await failureOf(rpcCall(noCookie, 'getblockcount'))).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringMatching(/401, and the cookie file .*\.cookie cannot be read \(ENOENT\)/),
    });
  });

  it('tells wrong credentials, and never prints them', async () => {
    const error = await failureOf(rpcCall({ ...daemon.endpoint, password: 'hunter2' }, 'getblockcount'));
    expect(error).toMatchObject({ kind: 'unauthorized', code: null });
    expect(error.message).toContain(`getblockcount at 127.0.0.1:${daemon.endpoint.port}`);
    expect(JSON.stringify({ ...error, text: error.message })).not.toContain('hunter2');
  });

  it('passes on the errors of the daemon with their code', async () => {
    const unknown = await failureOf(rpcCall(daemon.endpoint, 'no_such_method'));
    expect(unknown).toMatchObject({
      kind: 'error',
      code: -32601,
      message: expect.stringContaining('Method not found'),
    });
    const rules = await failureOf(rpcCall(daemon.endpoint, 'getblocktemplate', [{ rules: [] }]));
    expect(rules).toMatchObject({ kind: 'error', code: expect.any(Number) });
  });

  it('leaves no connection behind', async () => {
    await rpcCall(daemon.endpoint, 'getblockcount');
    const mine = async () => {
      const sockets = (await tcpSockets()).filter(({ port }) => port === daemon.endpoint.port);
      return sockets.filter(({ state }) => state === '01' || state === '08').length;
    };
    await until('no open connection', async () => (await mine()) === 0);
  });

  it('runs into its deadline while the daemon is stopped', async () => {
    process.kill(daemon.identity.pid, 'SIGSTOP');
    await untilState(daemon.identity, 'stopped');

    const error = await failureOf(rpcCall(daemon.endpoint, 'getblockcount', [], { timeoutMs: 150 }));

    process.kill(daemon.identity.pid, 'SIGCONT');
    expect(error).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('no answer within 150 ms'),
    });
  });

  it('sees the connection break when the daemon is killed, and then nobody', async () => {
    const waiting = failureOf(rpcCall(daemon.endpoint, 'waitfornewblock', [20_000], { timeoutMs: 20_000 }));
    await until('the call', async () => {
      const info = (await rpcCall(daemon.endpoint, 'getrpcinfo')) as {
        active_commands: { method: string }[];
      };
      return info.active_commands.some(({ method }) => method === 'waitfornewblock');
    });
    process.kill(daemon.identity.pid, 'SIGKILL');

    expect(await waiting).toMatchObject({ kind: 'connection_reset' });
    await daemon.exited;
    expect(await failureOf(rpcCall(daemon.endpoint, 'getblockcount'))).toMatchObject({ kind: 'refused' });
  });
});

describe('rpcCall to a daemon with little room', () => {
  it('tells a warm-up, then a full work queue', async () => {
    const daemon = await launchLitecoind(['-rpcthreads=1', '-rpcworkqueue=1']);
    const kinds = new Set<string>();
    await until('litecoind', async () => {
      const answer = await rpcCall(daemon.endpoint, 'getblockcount').catch((error: RpcError) => error);
      if (!(answer instanceof RpcError)) return true;
      kinds.add(`${answer.kind} ${answer.code}`);
      return false;
    });
    expect([...kinds]).toEqual(['refused null', 'warming_up -28']);

    const wait = () => rpcCall(daemon.endpoint, 'waitfornewblock', [500]).catch((error: RpcError) => error);
    const answers = await Promise.all([wait(), wait(), wait(), wait()]);
    const full = answers.filter((answer) => answer instanceof RpcError && answer.kind === 'work_queue_full');
    expect(full.length).toBeGreaterThanOrEqual(1);
  });

  it('reads the cookie', async () => {
    const daemon = await launchLitecoind(['-rpcpassword=']);
    const { host, port } = daemon.endpoint;
    const cookieFile = join(daemon.chainFolder, '.cookie');
    await until('litecoind', async () => (await rpcCall({ host, port, cookieFile }, 'getblockcount')) === 0);
  });
});

describe('rpcCall to something that is no daemon (stand-ins)', () => {
  it('finds web pages, other protocols and floods malformed', async () => {
    const page = await serve(createHttpServer((_, response) => response.end('<h1>It works!</h1>')));
    expect(await failureOf(rpcCall(page, 'getblockcount'))).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('HTTP 200 without a JSON-RPC answer'),
    });
    const ssh = await serve(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect(await failureOf(rpcCall(ssh, 'getblockcount'))).toMatchObject({ kind: 'malformed' });

    const flood = await serve(
      createHttpServer((_, response) => {
        const mebibyte = Buffer.alloc(1024 * 1024, 'x');
        const pour = () => {
          while (!response.destroyed && response.write(mebibyte));
          response.once('drain', pour);
        };
        pour();
      }),
    );
    const large = await failureOf(rpcCall(flood, 'getblock', [], { timeoutMs: 10_000 }));
    expect(large).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('larger than 67108864'),
    });
  });

  it('has one deadline for everything, a dripping answer included', async () => {
    const dripping = await serve(
      createHttpServer((_, response) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.once('close', () => clearInterval(drip));
      }),
    );
    const error = await failureOf(rpcCall(dripping, 'getblockcount', [], { timeoutMs: 150 }));
    expect(error.kind).toBe('timeout');
  });

  it('tells a daemon that shuts down, an address that is not allowed, and an early end', async () => {
    const status = (code: number) => createHttpServer((_, response) => response.writeHead(code).end());
    expect(await failureOf(rpcCall(await serve(status(503)), 'stop'))).toMatchObject({ kind: 'unreachable' });
    expect(await failureOf(rpcCall(await serve(status(403)), 'stop'))).toMatchObject({ kind: 'forbidden' });
    const closing = await serve(createServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await failureOf(rpcCall(closing, 'stop'))).toMatchObject({ kind: 'connection_reset' });
  });

  it('tells nobody there and no such host', async () => {
    const [port = 0] = await freePorts(1);
    const nobody = { host: '127.0.0.1', port, cookieFile: '/no/such/cookie' };
    expect(await failureOf(rpcCall(nobody, 'stop'))).toMatchObject({ kind: 'refused' });
    const nowhere = { host: 'no-such-host.invalid', port, username: 'u', password: 'p' };
    expect((await failureOf(rpcCall(nowhere, 'stop'))).kind).toBe('unreachable');
  });
});
