import { daemonKind } from '../worker/components/index.ts';
import {
  daemonMember,
  type Member,
  markerOf,
  outputFile,
  peerMembers,
  type Stack,
} from '../worker/components/stack.ts';
import { procStrings } from '../worker/host/proc.ts';
import { readProcess } from '../worker/host/process.ts';
import { startDetached } from '../worker/host/spawn.ts';
import { askDaemon, killed, memberOf, processOf } from './components.ts';
import type { Proven } from './fault.ts';
import { observer } from './proof.ts';

const FLOOR_TIMEOUT_MS = 60_000;

/**
 * What a bare script needs: it kills the component, starts the same command in the same place at once, tells a
 * daemon its peers, and waits for the same proof. Milliseconds from the kill. Davylamp must be in maintenance mode.
 */
export async function floorOf(stack: Stack, layer: Proven): Promise<number> {
  const member = memberOf(stack, layer);
  const height = Number(await askDaemon(stack, 'getblockcount'));
  const again = await commandOf(member);
  const atMs = await killed(member);
  const watching = await observer(stack, height);
  const proof = watching.proven([layer], AbortSignal.timeout(FLOOR_TIMEOUT_MS));
  proof.catch(() => {});
  await again();
  if (layer === 'daemon') await connectPeers(stack);
  return (await proof) - atMs;
}

/** Starts what runs now once more: same arguments, folder and environment. */
async function commandOf(member: Member): Promise<() => Promise<unknown>> {
  const { pid } = await processOf(member);
  const facts = await readProcess(pid);
  const environment = await procStrings(pid, 'environ');
  if (!facts || facts.cwd === null || !environment) throw new Error(`process ${pid} cannot be read`);
  const { argv, cwd } = facts;
  const env = Object.fromEntries(environment.map((entry) => split(entry)));
  const marker = markerOf(member);
  return () => startDetached({ argv, cwd, env, marker, logFile: outputFile(member), stdin: 'null' });
}

function split(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

async function connectPeers(stack: Stack): Promise<void> {
  const daemon = daemonMember(stack);
  if (peerMembers(stack).length === 0) return;
  const endsAt = performance.now() + FLOOR_TIMEOUT_MS;
  while (performance.now() < endsAt) {
    const answered = await askDaemon(stack, 'getblockcount').catch(() => null);
    if (answered !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await daemonKind(daemon).connectPeers(daemon);
}
