import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Why no private Redis can be started on this machine, or undefined where one can. */
export const redisMissing: string | undefined = ['redis-server', 'setpriv'].some(
  (command) => spawnSync(command, ['--version']).error !== undefined,
)
  ? 'redis-server and setpriv are not installed'
  : undefined;

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGSTOP: the server keeps its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same port and data. */
  restart(): Promise<void>;
  command(...words: string[]): Promise<string>;
  /** Ends the server and deletes its data. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 10_000;

/** A private Redis that dies with this process. `settings` are arguments of redis-server. */
export async function startRedis(settings: string[] = []): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'davy-redis-'));
  const port = await freePort();
  const launch = () => launchServer(port, dir, settings);
  let server = await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return pidOf(server);
    },
    freeze: () => process.kill(pidOf(server), 'SIGSTOP'),
    thaw: () => process.kill(pidOf(server), 'SIGCONT'),
    kill: () => killServer(server),
    restart: async () => {
      server = await launch();
    },
    command: (...words) => ask(port, words),
    stop: async () => {
      await killServer(server);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function launchServer(port: number, dir: string, settings: string[]): Promise<ChildProcess> {
  const basics = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'yes',
  ];
  const server = spawn('setpriv', ['--pdeathsig=TERM', 'redis-server', ...basics, ...settings], {
    stdio: 'ignore',
  });
  await untilReady(server, port);
  return server;
}

async function untilReady(server: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with code ${server.exitCode}`);
    const answer = await ask(port, ['PING']).catch(() => '');
    if (answer.startsWith('+PONG') || answer.startsWith('-NOAUTH')) return;
    await pause(10);
  }
  throw new Error(`redis-server did not answer within ${READY_TIMEOUT_MS} ms`);
}

async function killServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}

function pidOf(server: ChildProcess): number {
  if (server.pid === undefined) throw new Error('redis-server has no pid');
  return server.pid;
}

/** The raw first answer to one command. */
async function ask(port: number, words: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
