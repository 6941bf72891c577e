import { componentsOf } from '../core/component.ts';
import { workingComponents } from '../core/diagnosis.ts';
import type { DaemonFacts, Observation, ResourceFacts } from '../core/observation.ts';
import type { Database } from '../db/connection.ts';
import { componentRecords, recordHeight } from '../db/environments.ts';
import { daemonKind, minerKind, poolKind } from './components/index.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  peerMembers,
  poolMember,
  type Stack,
} from './components/stack.ts';
import { staleLocks } from './components/stale-locks.ts';
import { markWorked } from './components/supervised.ts';
import { descriptors, diskFree, memory } from './host/resources.ts';

/** Everything that can be seen of a stack now, next to what is wanted of it and was known before. */
export async function observe(stack: Stack, database: Database): Promise<Observation> {
  const pool = poolMember(stack);
  const [records, daemons, poolFacts, miners, resources] = await Promise.all([
    componentRecords(database, stack.environmentId, componentsOf(stack.environment)),
    Promise.all(
      [...peerMembers(stack), daemonMember(stack)].map((member) => daemonKind(member).observe(member)),
    ),
    poolKind(pool).observe(pool),
    Promise.all(minerMembers(stack).map((member) => minerKind(member).observe(member))),
    observeResources(stack),
  ]);
  const desired = (component: string) => records.get(component)?.desired ?? 'stopped';
  const found = new Map(
    await Promise.all(
      [...daemons, poolFacts, ...miners].map(async ({ component, process }) => {
        const member = process.state === 'down' ? memberNamed(stack, component) : undefined;
        return [component, member ? await staleLocks(member) : []] as const;
      }),
    ),
  );
  const locks = ({ component }: { component: string }) => found.get(component) ?? [];
  const observation: Observation = {
    at: new Date().toISOString(),
    daemons: daemons.map((facts) => ({
      ...facts,
      desired: desired(facts.component),
      knownHeight: records.get(facts.component)?.knownHeight ?? 0,
      staleLocks: locks(facts),
    })),
    pool: { ...poolFacts, desired: desired(poolFacts.component), staleLocks: locks(poolFacts) },
    miners: miners.map((facts) => ({
      ...facts,
      desired: desired(facts.component),
      staleLocks: locks(facts),
    })),
    resources,
  };
  const working = new Set(workingComponents(observation));
  for (const member of allMembers(stack)) if (working.has(member.ref.name)) markWorked(member);
  await Promise.all(observation.daemons.map((daemon) => rememberHeight(stack, database, daemon)));
  return observation;
}

async function rememberHeight(stack: Stack, database: Database, daemon: DaemonFacts): Promise<void> {
  if (daemon.peer || daemon.rpc?.kind !== 'ok' || daemon.rpc.height <= daemon.knownHeight) return;
  await recordHeight(database, stack.environmentId, daemon.component, daemon.rpc.height);
}

async function observeResources(stack: Stack): Promise<ResourceFacts> {
  const [disk, ram, handles] = await Promise.all([
    diskFree(stack.directory),
    memory(),
    descriptors(process.pid),
  ]);
  return {
    diskFreeBytes: disk.freeBytes,
    memoryUsedRatio: ram.usedFraction,
    descriptorsUsedRatio: handles?.limit ? handles.open / handles.limit : 0,
  };
}

/** The member of a stack that carries a component's name. */
export function memberNamed(stack: Stack, name: string): Member | undefined {
  return allMembers(stack).find(({ ref }) => ref.name === name);
}

/** Every member, in the order in which they start. */
export function allMembers(stack: Stack): Member[] {
  return [...peerMembers(stack), daemonMember(stack), poolMember(stack), ...minerMembers(stack)];
}
