import { setTimeout as pause } from 'node:timers/promises';
import { daemonKind, poolKind } from './index.ts';
import { refuses } from './port-holder.ts';
import { daemonMember, type Member, peerMembers, poolMember, type Stack } from './stack.ts';
import { vitalSign } from './supervised.ts';

const ASK_MS = 15;

/**
 * Waits until somebody takes connections on the port of a component that was just started, or its process is gone
 * again. It proves nothing: it spares the machine full looks while there is nothing to see, which a component
 * that starts on the same two cores feels.
 */
export async function untilAnswering(
  stack: Stack,
  component: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const door = await doorOf(stack, component);
  if (!door) return;
  const endsAt = performance.now() + timeoutMs;
  while (performance.now() < endsAt && vitalSign(door.member) === 'alive') {
    if (!(await refuses(door.host, door.port))) return;
    await pause(ASK_MS, undefined, { signal });
  }
}

async function doorOf(
  stack: Stack,
  component: string,
): Promise<{ member: Member; host: string; port: number } | null> {
  const pool = poolMember(stack);
  if (pool.ref.name === component)
    return { member: pool, host: pool.spec.host, port: await poolKind(pool).port(pool) };
  const daemon = [daemonMember(stack), ...peerMembers(stack)].find(({ ref }) => ref.name === component);
  return daemon ? { member: daemon, ...(await daemonKind(daemon).endpoint(daemon)) } : null;
}
