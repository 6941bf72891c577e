import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const RPC_TIMEOUT_MS = 5_000;
const TIP_AGE_SECONDS = 10_000_000_000;
const mwebNever = 'vbparams=mweb:9999999999:99999999999';

/** Two connected litecoind nodes on regtest; all members speak of the first node. */
export interface LitecoinPair {
  /** Calls the first node; throws `Error('<method>: <message> (<code>)')`. */
  rpc(method: string, params?: unknown): Promise<unknown>;
  readonly rpcPort: number;
  readonly p2pPort: number;
  readonly username: string;
  readonly password: string;
  /** An address of the first node's wallet, for coinbases. */
  readonly address: string;
  readonly dataDir: string;
  /** Process id of the first node as of its last start. */
  readonly pid: number;
  /** SIGKILLs the first node and waits for its exit. */
  kill(): Promise<void>;
  /**
   * Starts the first node again and waits until it can serve block templates. Blocks lost with a kill come back
   * from the second node a moment later.
   */
  restart(): Promise<void>;
  /** Ends both nodes; safe to call twice. */
  stop(): Promise<void>;
}

interface Node {
  readonly dir: string;
  readonly rpcPort: number;
  process: ChildProcess | undefined;
}

const username = 'lab';
const password = 'lab-secret';

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}

/**
 * Starts two nodes below `dir`. The first one dials the second, because litecoind gives no block template
 * without a peer, and gets a wallet named `lab`. With `mweb`, the extension blocks of litecoin activate at
 * height 432; the first of them needs a peg-in in the mempool, or the chain cannot grow past 431.
 */
export async function startLitecoinPair(options: { dir: string; mweb?: boolean }): Promise<LitecoinPair> {
  const p2pPort = await freePort();
  const shared = options.mweb === true ? [] : [mwebNever];
  const peer = await createNode(join(options.dir, 'peer'), [...shared, `bind=127.0.0.1:${p2pPort}`]);
  const dial = `connect=127.0.0.1:${p2pPort}`;
  const node = await createNode(join(options.dir, 'node'), [...shared, 'listen=0', dial]);
  const pair = { node, peer };
  try {
    return await openPair(pair, p2pPort);
  } catch (error) {
    await stopPair(pair);
    throw error;
  }
}

async function openPair(pair: { node: Node; peer: Node }, p2pPort: number): Promise<LitecoinPair> {
  const { node, peer } = pair;
  launch(peer);
  launch(node);
  await Promise.all([ready(peer), ready(node)]);
  await rpc(node, 'addnode', [`127.0.0.1:${p2pPort}`, 'onetry']);
  await rpc(node, 'createwallet', { wallet_name: 'lab', load_on_startup: true });
  const address = String(await rpc(node, 'getnewaddress', []));
  await servesTemplates(node);
  return {
    rpc: (method, params = []) => rpc(node, method, params),
    rpcPort: node.rpcPort,
    p2pPort,
    username,
    password,
    address,
    dataDir: node.dir,
    get pid() {
      return node.process?.pid ?? 0;
    },
    kill: () => end(node, 'SIGKILL'),
    restart: async () => {
      launch(node);
      await ready(node);
      await servesTemplates(node);
    },
    stop: () => stopPair(pair),
  };
}

async function createNode(dir: string, options: string[]): Promise<Node> {
  const rpcPort = await freePort();
  await mkdir(dir, { recursive: true });
  const lines = [
    'regtest=1',
    'server=1',
    `rpcuser=${username}`,
    `rpcpassword=${password}`,
    `maxtipage=${TIP_AGE_SECONDS}`,
    'fallbackfee=0.001',
    'listenonion=0',
    'dnsseed=0',
    'keypool=5',
    '[regtest]',
    `rpcport=${rpcPort}`,
    ...options,
  ];
  await writeFile(join(dir, 'litecoin.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return { dir, rpcPort, process: undefined };
}

function launch(node: Node): void {
  const argv = ['--pdeathsig=KILL', 'litecoind', `-datadir=${node.dir}`, '-printtoconsole=0'];
  node.process = spawn('setpriv', argv, { stdio: 'ignore' });
}

async function ready(node: Node): Promise<void> {
  await until(`RPC of ${node.dir}`, () => rpc(node, 'getblockcount', []));
}

async function servesTemplates(node: Node): Promise<void> {
  await until(`block templates of ${node.dir}`, () =>
    rpc(node, 'getblocktemplate', [{ rules: ['mweb', 'segwit'] }]),
  );
}

async function until(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`Not ready: ${what}`, { cause: error });
      await pause(20);
    }
  }
}

async function stopPair(pair: { node: Node; peer: Node }): Promise<void> {
  await Promise.all([end(pair.node, 'SIGKILL'), end(pair.peer, 'SIGKILL')]);
}

async function end(node: Node, signal: NodeJS.Signals): Promise<void> {
  const child = node.process;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await Promise.race([exited, pause(STOP_TIMEOUT_MS, undefined, { ref: false })]);
}

function rpc(node: Node, method: string, params: unknown): Promise<unknown> {
  const body = JSON.stringify({ id: 1, method, params });
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port: node.rpcPort,
        method: 'POST',
        headers: { authorization },
        agent: false,
        signal: AbortSignal.timeout(RPC_TIMEOUT_MS),
      },
      async (response) => {
        try {
          resolve(parseAnswer(method, await text(response)));
        } catch (error) {
          reject(error);
        }
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

function parseAnswer(method: string, body: string): unknown {
  const answer = JSON.parse(body) as { result: unknown; error: { code: number; message: string } | null };
  if (answer.error !== null) throw new Error(`${method}: ${answer.error.message} (${answer.error.code})`);
  return answer.result;
}
