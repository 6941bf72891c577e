import { setTimeout as pause } from 'node:timers/promises';
import type { PoolSpec } from '../../core/environment.ts';
import { probeStratum } from '../host/stratum.ts';
import { daemonKind, poolKind } from './index.ts';
import { refuses } from './port-holder.ts';
import { daemonMember, type Member, peerMembers, poolMember, reveal, type Stack } from './stack.ts';
import { knownLiveness } from './supervised.ts';

const ASK_MS = 15;
/** A component that took connections for so long and gives no answer is a case for a full look. */
const ANSWER_MS = 3_000;

/**
 * Waits until a component that was just started gives its first answer, or its process is gone again. It proves
 * nothing: it spares the machine full looks while there is nothing to see, which a component that starts on the
 * same two cores feels.
 */
export async function untilAnswering(
  stack: Stack,
  component: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const door = await doorOf(stack, component);
  if (!door) return;
  const endsAt = performance.now() + timeoutMs;
  let openAt: number | null = null;
  while (performance.now() < endsAt && knownLiveness(door.member) === 'alive') {
    const isOpen = !(await refuses(door.host, door.port));
    if (isOpen && (await door.answers())) return;
    if (isOpen) openAt ??= performance.now();
    if (openAt !== null && performance.now() - openAt > ANSWER_MS) return;
    await pause(ASK_MS, undefined, { signal });
  }
}

interface Door {
  member: Member;
  host: string;
  port: number;
  answers(): Promise<boolean>;
}

async function doorOf(stack: Stack, component: string): Promise<Door | null> {
  const pool = poolMember(stack);
  if (pool.ref.name === component) return await poolDoor(pool);
  const daemon = [daemonMember(stack), ...peerMembers(stack)].find(({ ref }) => ref.name === component);
  if (!daemon) return null;
  const { host, port } = await daemonKind(daemon).endpoint(daemon);
  return { member: daemon, host, port, answers: async () => true };
}

async function poolDoor(pool: Member<PoolSpec>): Promise<Door> {
  const { host, login } = pool.spec;
  const port = await poolKind(pool).port(pool);
  const password = reveal(login.password, 'pool.login.password');
  const asked = { host, port, username: login.username, password, timeoutMs: 500 };
  return { member: pool, host, port, answers: async () => (await probeStratum(asked)).outcome === 'working' };
}
