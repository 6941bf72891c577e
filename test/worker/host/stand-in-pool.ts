import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { atEnd } from './support.ts';

/** Bitcoin's genesis hash, as a pool sends it. */
const PREVIOUS_HASH = '0a8ce26f72b3f1b646a2a6c14ff763ae65831e939c085ae10019d66800000000';

export const DIFFICULTY = '{"id":null,"method":"mining.set_difficulty","params":[512]}';
export const JOB = JSON.stringify({
  id: null,
  method: 'mining.notify',
  params: ['job-1', PREVIOUS_HASH, 'aa', 'bb', [], '20000000', '1d00ffff', '665f0000', true],
});

type Reply = (result: unknown) => string;
type Refuse = (message: string) => string;
type Answer = (reply: Reply, refuse: Refuse) => string[] | 'close' | 'reset' | 'endless line';

/** What the stand-in says: lines, or an end. */
export interface PoolScript {
  onConnect?: 'close';
  subscribe: Answer;
  authorize: Answer;
  isSplit?: boolean;
  isDripping?: boolean;
}

export function answersOf(
  options: { before?: string[]; isSplit?: boolean; isDripping?: boolean } = {},
): PoolScript {
  const { before = [], ...rest } = options;
  return {
    subscribe: (reply) => [...before, reply([[['mining.notify', 's1']], '08000002', 4])],
    authorize: (reply) => [...before, reply(true), DIFFICULTY, JOB],
    ...rest,
  };
}

/** A small pool that follows a script: the outcomes that a real one shows only when it is broken. */
export async function startPool(script: PoolScript) {
  const sockets = new Set<Socket>();
  let isSilent = false;

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    if (script.onConnect === 'close') socket.destroy();
    const drip = script.isDripping ? setInterval(() => socket.write(`${DIFFICULTY}\n`), 20) : undefined;
    socket.once('close', () => clearInterval(drip));
    const lines = createInterface({ input: socket });
    lines.on('error', () => {});
    lines.on('line', (line) => {
      if (!isSilent) answer(socket, JSON.parse(line));
    });
  });

  function answer(socket: Socket, { id, method }: { id: number; method: string }): void {
    const reply: Reply = (result) => JSON.stringify({ id, result, error: null });
    const refuse: Refuse = (message) => JSON.stringify({ id, result: null, error: [20, message, null] });
    if (method === 'mining.subscribe') send(socket, script.subscribe(reply, refuse));
    else if (method === 'mining.authorize') send(socket, script.authorize(reply, refuse));
    else send(socket, [refuse('Not supported.')]);
  }

  function send(socket: Socket, lines: ReturnType<Answer>): void {
    if (lines === 'close') socket.end();
    else if (lines === 'reset') socket.resetAndDestroy();
    else if (lines === 'endless line') socket.write('x'.repeat(3_000_000));
    else if (script.isSplit) sendInPieces(socket, lines.map((line) => `${line}\n`).join(''));
    else for (const line of lines) socket.write(`${line}\n`);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  atEnd(close);
  return {
    login: {
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      username: 'rig.1',
      password: 'x',
    },
    say: (line: string) => {
      for (const socket of sockets) socket.write(`${line}\n`);
    },
    fallSilent: () => {
      isSilent = true;
    },
    hangUp: close,
    openConnections: () => sockets.size,
  };
}

function sendInPieces(socket: Socket, text: string): void {
  const [piece, rest] = [text.slice(0, 7), text.slice(7)];
  socket.write(piece, () => {
    if (rest !== '') setImmediate(sendInPieces, socket, rest);
  });
}
