import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { daemonKind } from '../../../../worker/components/index.ts';
import { daemonMember } from '../../../../worker/components/stack.ts';
import { waitUntil } from '../../../../worker/host/deadline.ts';
import { freePorts } from '../../../../worker/host/port.ts';
import { testStack } from './stack.ts';

export type Child = ChildProcess & { pid: number };

/** Started as an operator would: without a marker. It ends with the test. */
export function byHand(command: string, args: string[], options: SpawnOptions = {}): Child {
  const child = spawn(command, args, { detached: true, stdio: 'ignore', ...options });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start`);
  onTestFinished(() => void (isAlive(child) && process.kill(pid, 'SIGKILL')));
  return Object.assign(child, { pid });
}

export const isAlive = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

export const eventually = <T>(what: string, check: () => Promise<T | false | null>): Promise<T> =>
  waitUntil(check, { timeoutMs: 15_000, intervalMs: 25, what });

/** A stack with a real litecoind to start, by whomever. What Davylamp started of it ends with the test. */
export async function litecoinStack(
  parts: { pool?: object; daemon?: object; flavour?: 'litecoin' | 'bitcoin' } = {},
) {
  const { flavour = 'litecoin' } = parts;
  const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
  const made = await testStack({
    daemon: { dataDir: 'daemon', rpcPort, p2pPort, ...parts.daemon },
    pool: parts.pool ?? { kind: 'process', command: ['true'] },
  });
  await rm(made.at('daemon/bitcoin.conf'));
  await made.write(
    `daemon/${flavour}.conf`,
    `regtest=1\nserver=1\ndnsseed=0\n[regtest]\nrpcport=${rpcPort}\nport=${p2pPort}\nbind=127.0.0.1\nrpcbind=127.0.0.1\nrpcallowip=127.0.0.1\n`,
  );
  const daemon = daemonMember(made.stack);
  const kind = daemonKind(daemon);
  onTestFinished(async () => void (await kind.stop(daemon, { force: true })));
  const answers = () =>
    eventually('RPC answers', async () => {
      const facts = await kind.observe(daemon);
      return facts.rpc?.kind === 'ok' && facts.process.state === 'running' && facts;
    });
  /** The facts once its process has come to its end. */
  const ends = () =>
    eventually('it ends', async () => {
      const facts = await kind.observe(daemon);
      return facts.process.state === 'down' && facts.process.exit !== null && facts;
    });
  return { ...made, rpcPort, p2pPort, daemon, kind, answers, ends };
}
