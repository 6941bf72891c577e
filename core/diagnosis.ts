import { diagnoseDaemon } from './diagnosis/daemon.ts';
import { diagnoseMiner } from './diagnosis/miner.ts';
import { diagnosePool } from './diagnosis/pool.ts';
import { whenUnseen } from './diagnosis/process.ts';
import { diagnoseResources } from './diagnosis/resources.ts';
import type { Diagnosis } from './failure.ts';
import { allFacts, mainDaemon, type Observation } from './observation.ts';

/**
 * What is wrong with a stack, the lowest broken component first: resources, daemons, pool, miners. The first
 * finding is the root cause to repair; what stands after it may be no more than a symptom. Components that
 * should be stopped are left out.
 */
export function diagnose(observation: Observation): Diagnosis[] {
  const wanted = <T extends { desired: string }>(facts: readonly T[]) =>
    facts.filter(({ desired }) => desired === 'running');
  return [
    diagnoseResources(observation.resources),
    ...wanted(observation.daemons).map(diagnoseDaemon),
    ...wanted([observation.pool]).map((pool) => diagnosePool(pool, mainDaemon(observation))),
    ...wanted(observation.miners).map((miner) => diagnoseMiner(miner, observation.pool)),
  ].filter((diagnosis) => diagnosis !== null);
}

/** What cannot be looked at of the components that nobody wants to run: they could not be started either. */
export function unseenAtRest(observation: Observation): Diagnosis[] {
  return allFacts(observation).flatMap((facts) => {
    const finding = facts.desired === 'running' ? null : whenUnseen(facts);
    return finding ? [{ component: facts.component, role: facts.role, ...finding }] : [];
  });
}

/** The components that should be running, run, and show nothing wrong. */
export function workingComponents(observation: Observation): string[] {
  const broken = new Set(diagnose(observation).map(({ component }) => component));
  return allFacts(observation)
    .filter(({ desired, process }) => desired === 'running' && process.state === 'running')
    .map(({ component }) => component)
    .filter((component) => !broken.has(component));
}
