import { componentsOf } from '../core/component.ts';
import { workingComponents } from '../core/diagnosis.ts';
import type { DaemonSpec } from '../core/environment.ts';
import type { DaemonFacts, MinerFacts, Observation, PoolFacts, ProcessFact } from '../core/observation.ts';
import type { Database } from '../db/connection.ts';
import { type ComponentRecord, componentRecords, recordHeight } from '../db/environments.ts';
import { chainOf, notedHeight } from './components/heights.ts';
import { daemonKind, minerKind, poolKind } from './components/index.ts';
import type { Observed } from './components/kind.ts';
import { observeResources } from './components/resources.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  peerMembers,
  poolMember,
  type Stack,
} from './components/stack.ts';
import { staleLocks } from './components/stale-locks.ts';
import { knownLiveness, markWorked } from './components/supervised.ts';
import { type Unseen, unseenDaemon, unseenMiner, unseenPool } from './components/unseen.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

/** Everything that can be seen of a stack now, next to what is wanted of it and was known before. */
export async function observe(stack: Stack, database: Database): Promise<Observation> {
  const pool = poolMember(stack);
  const chain = chainOf(daemonMember(stack));
  const seen = inOneMoment(
    daemonMembers(stack).map((member) => new Look(daemonKind, member, unseenDaemon)),
    new Look(poolKind, pool, unseenPool),
    minerMembers(stack).map((member) => new Look(minerKind, member, unseenMiner)),
  );
  const all = seen.then(([daemons, poolFacts, miners]) => [...daemons, poolFacts, ...miners]);
  const [records, [daemons, poolFacts, miners], resources, found] = await Promise.all([
    componentRecords(database, stack.environmentId, componentsOf(stack.environment)),
    seen,
    observeResources(stack, all),
    locksOf(stack, all),
  ]);
  const desired = (component: string) => records.get(component)?.desired ?? 'stopped';
  const locks = ({ component }: { component: string }) => found.get(component) ?? [];
  const measured = daemons.map(async (facts) => ({
    ...(await atItsHeight(stack, facts, records.get(facts.component)?.knownHeight ?? 0)),
    desired: desired(facts.component),
    staleLocks: locks(facts),
  }));
  const observation: Observation = {
    at: new Date().toISOString(),
    daemons: await Promise.all(measured),
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
  // What was seen of a chain that was wiped meanwhile is not what the next one has to reach.
  if (chain === chainOf(daemonMember(stack))) await rememberHeight(stack, database, observation, records);
  return observation;
}

/** The stale lock files of the components that are down; of those known to be gone they are looked for at once. */
async function locksOf(
  stack: Stack,
  all: Promise<readonly { component: string; process: ProcessFact }[]>,
): Promise<ReadonlyMap<string, string[]>> {
  const gone = allMembers(stack).filter((member) => knownLiveness(member) === 'lost');
  const early = new Map(gone.map((member) => [member.ref.name, staleLocks(member)]));
  const found = (await all).map(async ({ component, process }) => {
    const member = process.state === 'down' ? memberNamed(stack, component) : undefined;
    return [component, member ? await (early.get(component) ?? staleLocks(member)) : []] as const;
  });
  return new Map(await Promise.all(found));
}

type KindOf<Spec, Facts> = (member: Member<Spec>) => { observe(member: Member<Spec>): Promise<Facts> };

/**
 * A look at a component. One that cannot be looked at is that component's failure, and keeps nobody from seeing the
 * others; but that this machine ran out of something is thrown.
 */
class Look<Spec, Facts extends { process: ProcessFact }> {
  readonly #kindOf: KindOf<Spec, Facts>;
  readonly #member: Member<Spec>;
  readonly #unseen: Unseen<Spec, Facts>;

  constructor(kindOf: KindOf<Spec, Facts>, member: Member<Spec>, unseen: Unseen<Spec, Facts>) {
    this.#kindOf = kindOf;
    this.#member = member;
    this.#unseen = unseen;
  }

  async facts(): Promise<Facts> {
    const look = async () => await this.#kindOf(this.#member).observe(this.#member);
    try {
      // What was in the way of one look may be gone at the next.
      return await look().catch(look);
    } catch (error) {
      if (isResourceExhaustion(error)) throw error;
      return await this.#unseen(this.#member, error);
    }
  }

  /** What was seen, or is now, where the process ended since. */
  async still(facts: Facts): Promise<Facts> {
    const isTorn = facts.process.state === 'running' && knownLiveness(this.#member as Member) === 'lost';
    return isTorn ? await this.facts() : facts;
  }
}

/**
 * What is seen half before and half after something ended looks like another failure than it is, and two that ended
 * together like one: who ended while the others were looked at is looked at again.
 */
async function inOneMoment<D, P, M>(
  daemons: readonly Look<D, Observed<DaemonFacts>>[],
  pool: Look<P, Observed<PoolFacts>>,
  miners: readonly Look<M, Observed<MinerFacts>>[],
) {
  const seen = await Promise.all([
    Promise.all(daemons.map(async (look) => [look, await look.facts()] as const)),
    pool.facts(),
    Promise.all(miners.map(async (look) => [look, await look.facts()] as const)),
  ]);
  return await Promise.all([
    Promise.all(seen[0].map(([look, facts]) => look.still(facts))),
    pool.still(seen[1]),
    Promise.all(seen[2].map(([look, facts]) => look.still(facts))),
  ]);
}

async function wholeDaemon(member: Member<DaemonSpec>): Promise<Observed<DaemonFacts>> {
  const look = new Look(daemonKind, member, unseenDaemon);
  return await look.still(await look.facts());
}

type Measured = Observed<DaemonFacts> & Pick<DaemonFacts, 'knownHeight'>;

/**
 * A daemon next to the height that is known of it. Where its chain looks shorter it is looked at once more: a block
 * that came while we looked is known by now, and was not there yet when the daemon was asked.
 */
async function atItsHeight(stack: Stack, facts: Observed<DaemonFacts>, recorded: number): Promise<Measured> {
  const knownHeight = Math.max(recorded, notedHeightOf(stack, facts));
  const member = daemonMembers(stack).find(({ ref }) => ref.name === facts.component);
  const isShorter = facts.rpc?.kind === 'ok' && facts.rpc.height < knownHeight;
  const again = isShorter && member ? await wholeDaemon(member) : facts;
  return { ...again, knownHeight };
}

function daemonMembers(stack: Stack) {
  return [...peerMembers(stack), daemonMember(stack)];
}

function notedHeightOf(stack: Stack, { peer }: { peer: boolean }): number {
  return peer ? 0 : notedHeight(daemonMember(stack));
}

async function rememberHeight(
  { environmentId }: Stack,
  database: Database,
  { daemons }: Observation,
  records: ReadonlyMap<string, ComponentRecord>,
): Promise<void> {
  const daemon = daemons.find(({ peer }) => !peer);
  if (daemon?.rpc?.kind !== 'ok') return;
  const { component, rpc } = daemon;
  const known = records.get(component)?.knownHeight ?? 0;
  if (rpc.height > known)
    await recordHeight(database, environmentId, component, { height: rpc.height, known });
}

/** The member of a stack that carries a component's name. */
export function memberNamed(stack: Stack, name: string): Member | undefined {
  return allMembers(stack).find(({ ref }) => ref.name === name);
}

/** Every member, in the order in which they start. */
export function allMembers(stack: Stack): Member[] {
  return [...daemonMembers(stack), poolMember(stack), ...minerMembers(stack)];
}
