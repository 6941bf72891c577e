import { componentsOf } from '../component.ts';
import type { Rung, Situation } from '../strategy.ts';

/** Puts the alternative of a miner in its place; `null` where it has none, or where that is in use already. */
export function switchRung({ diagnosis, environment, observation }: Situation): Rung | null {
  const { component } = diagnosis;
  const ref = componentsOf(environment).find(({ name, role }) => name === component && role === 'miner');
  if (!ref || environment.miners[ref.index]?.alternative === undefined) return null;
  if (observation.miners.some((miner) => miner.component === component && miner.alternative)) return null;
  return { actions: [{ type: 'switch_miner', component }], verifySeconds: 60 };
}
