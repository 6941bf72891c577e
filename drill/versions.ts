import { minerMembers, type Stack } from '../worker/components/stack.ts';
import { runCommand } from '../worker/host/command.ts';
import { readProcess } from '../worker/host/process.ts';
import { askDaemon, processOf } from './components.ts';

const ASK_MS = 5_000;

/** What a stack that works is made of, one line a component. */
export async function versionsOf(stack: Stack): Promise<string[]> {
  const { subversion } = (await askDaemon(stack, 'getnetworkinfo')) as { subversion: string };
  const { pool, miners } = stack.environment;
  return [
    `daemon ${subversion.replaceAll('/', '')}`,
    `pool ${pool.kind}${pool.kind === 'lab-pool' ? ' of this repository' : ''}`,
    ...(await Promise.all(
      minerMembers(stack).map((_, index) => minerVersion(stack, index, miners[index]?.kind)),
    )),
  ];
}

async function minerVersion(stack: Stack, index: number, kind = ''): Promise<string> {
  if (kind !== 'cpuminer') return `miner ${kind}${kind === 'lab-miner' ? ' of this repository' : ''}`;
  const member = minerMembers(stack)[index];
  const process = member && (await readProcess((await processOf(member)).pid));
  const [program] = process?.argv ?? [];
  if (program === undefined) return `miner ${kind}`;
  const { stdout } = await runCommand([program, '--version'], { timeoutMs: ASK_MS });
  return `miner ${stdout.split('\n')[0]?.trim() || kind}`;
}
