import { createConnection } from 'node:net';
import { eventually } from './processes.ts';

/** A message from the pool. */
export interface PoolLine {
  id: unknown;
  result?: unknown;
  error?: [number, string, null] | null;
  method?: string;
  params?: unknown[];
}

/** A bare Stratum connection that sends what it is told and keeps all it hears. */
export interface RawMiner {
  readonly lines: PoolLine[];
  write(text: string): void;
  request(method: string, params?: unknown[]): Promise<PoolLine>;
  /** Waits for the first notification of this method. */
  notification(method: string): Promise<PoolLine>;
  isClosed(): boolean;
  close(): void;
}

/** Connects to a pool, retrying until it listens. */
export async function connectRaw(port: number): Promise<RawMiner> {
  return eventually(`a connection to port ${port}`, () => tryConnect(port));
}

/** Subscribes and logs in; the answer is the connection and its first job. */
export async function connectWorking(port: number, user = 'w', password = 'x') {
  const miner = await connectRaw(port);
  const subscription = await miner.request('mining.subscribe');
  await miner.request('mining.authorize', [user, password]);
  const { params = [] } = await miner.notification('mining.notify');
  return { miner, subscription, job: params };
}

function tryConnect(port: number): Promise<RawMiner | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const lines: PoolLine[] = [];
    let pending = '';
    let closed = false;
    let requests = 0;
    socket.on('data', (chunk) => {
      const parts = (pending + chunk).split('\n');
      pending = parts.pop() ?? '';
      lines.push(...parts.map((line) => JSON.parse(line)));
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => {
      closed = true;
    });
    const find = (matches: (line: PoolLine) => boolean, what: string) =>
      eventually(what, () => lines.find(matches));
    const miner: RawMiner = {
      lines,
      write: (text) => socket.write(text),
      request(method, params = []) {
        requests += 1;
        const id = requests;
        socket.write(`${JSON.stringify({ id, method, params })}\n`);
        return find((line) => line.id === id, `an answer to ${method}`);
      },
      notification: (method) => find((line) => line.method === method, `a ${method}`),
      isClosed: () => closed,
      close: () => socket.destroy(),
    };
    socket.on('connect', () => resolve(miner));
  });
}
