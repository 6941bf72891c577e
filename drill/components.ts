import { stat } from 'node:fs/promises';
import { daemonKind } from '../worker/components/index.ts';
import {
  daemonMember,
  type Member,
  markerOf,
  minerMembers,
  outputFile,
  poolMember,
  type Stack,
} from '../worker/components/stack.ts';
import { waitUntil } from '../worker/host/deadline.ts';
import { liveness, type ProcessIdentity } from '../worker/host/process.ts';
import { rpcCall } from '../worker/host/rpc.ts';
import { findMarked } from '../worker/host/spawn.ts';
import { signalGroup } from '../worker/host/stop.ts';
import { nowMs } from './clock.ts';
import type { Proven } from './fault.ts';

/** The component that stands for its layer: of the miners the first. */
export function memberOf(stack: Stack, layer: Proven): Member {
  if (layer === 'daemon') return daemonMember(stack);
  if (layer === 'pool') return poolMember(stack);
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError(`${stack.environment.name} has no miner`);
  return miner;
}

/** The process of a component. @throws where none runs. */
export async function processOf(member: Member): Promise<ProcessIdentity> {
  const [found] = await findMarked(markerOf(member));
  if (!found) throw new Error(`${member.ref.name} does not run`);
  return found;
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return ['running', 'stopped'].includes(await liveness(identity));
}

export async function untilGone(identity: ProcessIdentity, timeoutMs = 20_000): Promise<void> {
  const what = `process ${identity.pid} is gone`;
  await waitUntil(async () => !(await isAlive(identity)), { timeoutMs, intervalMs: 1, what });
}

/** Signals a process and its group, and tells when. @throws where it cannot. */
export async function signalled(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<number> {
  const atMs = nowMs();
  const result = await signalGroup(identity, signal);
  if (!result.sent) throw new Error(`process ${identity.pid} was not signalled: ${result.reason}`);
  return atMs;
}

/** Kills a component as a crash would and waits until it is gone. The moment of the kill. */
export async function killed(member: Member, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
  const identity = await processOf(member);
  const atMs = await signalled(identity, signal);
  await untilGone(identity);
  return atMs;
}

/** Calls the daemon as its configuration says. */
export async function askDaemon(stack: Stack, method: string, params: unknown[] = [], timeoutMs = 2_000) {
  const daemon = daemonMember(stack);
  return await rpcCall(await daemonKind(daemon).endpoint(daemon), method, params, { timeoutMs });
}

/** How much a component has written so far, in bytes. */
export async function writtenBytes(member: Member): Promise<number> {
  return await stat(outputFile(member)).then(
    ({ size }) => size,
    () => 0,
  );
}
