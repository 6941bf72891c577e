import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnvironment } from '../../../core/environment.ts';
import { DavyError } from '../../../core/errors.ts';
import type { Reach } from '../../../core/failpoint.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  poolMember,
  type Stack,
} from '../../../worker/components/stack.ts';
import { endProcess, startProcess } from '../../../worker/components/supervised.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { memberNamed } from '../../../worker/observe.ts';
import { resetHostOf } from '../../../worker/reset/stack-host.ts';
import { type ResetContext, resetEnvironment } from '../../../worker/reset.ts';

/** A stack whose files and processes are real, and whose processes only write what their like would. */
export function practiceStack(home: string): Stack {
  const sleeper = ['sh', '-c', 'echo new >> "$0"; exec sleep 300'];
  const parsed = parseEnvironment({
    name: 'lab',
    resettable: true,
    daemon: { dataDir: 'daemon' },
    pool: { kind: 'process', directory: 'pool', command: [...sleeper, 'pool.log'], logFiles: ['pool.log'] },
    miners: [
      { kind: 'process', directory: 'miner', command: [...sleeper, 'miner.log'], logFiles: ['miner.log'] },
    ],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [directory, stateDirectory] = [join(home, 'lab'), join(home, 'state')];
  return { environmentId: '', environment: parsed.environment, directory, stateDirectory };
}

export interface Practice {
  stack: Stack;
  reach: Reach;
  /** Whether the stack is found to work after the reset. */
  works: boolean;
  notes: string[];
}

/** A reset whose host is real but for the daemon, and for the judgement of what came of it. */
export async function practiceReset({ stack, reach, works, notes }: Practice): Promise<void> {
  const { signal } = new AbortController();
  const observe = () => Promise.reject(new Error('nobody looks'));
  const real = resetHostOf({ stack, nonce: 'attempt-1', reach, signal, observe });
  const daemon = daemonMember(stack);
  const chain = join(stack.directory, 'daemon', 'regtest');
  const context: ResetContext = {
    environment: stack.environment,
    type: 'full',
    wanted: () => true,
    signal,
    reach,
    forgetHeights: async () => {},
    forgetCrashes: async () => {},
    note: async (step, result) => void notes.push(`${step}: ${result}`),
    host: {
      ...real,
      stop: (component) => stop(stack, component),
      configure: async () => {},
      startDaemons: () => startDaemon(daemon, chain),
      fund: () => fund(chain),
      startPool: async () => void (await startStub(poolMember(stack))),
      startMiner: async () => {
        for (const miner of minerMembers(stack)) await startStub(miner);
      },
      async verify() {
        if (!works) throw new DavyError('reset_unverified', 'it does not work');
      },
    },
  };
  await resetEnvironment(context);
}

async function stop(stack: Stack, component: string): Promise<string> {
  const member = memberNamed(stack, component);
  return member ? await endProcess(member, true) : 'no such component';
}

/** Writes the first block of its chain, and a key into its wallet, as a daemon does. */
async function startDaemon(daemon: Member, chain: string): Promise<void> {
  const words =
    'mkdir -p blocks wallets/davylamp; test -e blocks/first || echo new > blocks/first; touch up; exec sleep 300';
  await mkdir(chain, { recursive: true });
  await startProcess(daemon, { argv: ['sh', '-c', words], cwd: chain });
  const wait = { timeoutMs: 10_000, intervalMs: 5, what: 'the daemon is up' };
  await waitUntil(() => existsSync(join(chain, 'up')), wait);
}

async function startStub(member: Member): Promise<void> {
  const { command = [], directory } = member.spec;
  await startProcess(member, { argv: command, cwd: join(member.stack.directory, directory) });
}

async function fund(chain: string): Promise<number> {
  const height = Number(await readFile(join(chain, 'height'), 'utf8').catch(() => '0'));
  await writeFile(join(chain, 'height'), String(Math.max(height, 101)));
  return Math.max(height, 101);
}
