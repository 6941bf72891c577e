import { componentsOf } from './component.ts';
import type { Environment } from './environment.ts';
import { DATA_DESTROYING, REGENERATING, type ResetType } from './reset.ts';

/** The folder of the practice chain in a daemon's data directory: the only part of it that is ever cleared. */
export const PRACTICE_CHAIN = 'regtest';

/** Something that a reset clears, as davy.json declares it: where it lies is for its host to find. */
export type Cleared =
  | { what: 'chain'; component: string; dataDir: string }
  | { what: 'log'; component: string; directory: string; file: string }
  /** What a component writes to its standard output and error; Davylamp keeps it. */
  | { what: 'output'; component: string };

/** What a reset does to a stack beside starting it again. */
export interface ResetPlan {
  /** The components, in this order. */
  stops: string[];
  clears: Cleared[];
  /** The components whose configuration is completed again. */
  configures: string[];
}

export function resetPlan(environment: Environment, type: ResetType): ResetPlan {
  const names = componentsOf(environment).map(({ name }) => name);
  return {
    stops: stopOrder(environment),
    clears: DATA_DESTROYING[type] ? clearedIn(environment) : [],
    configures: REGENERATING[type] ? names : [],
  };
}

/** What depends on others stops before them. */
export function stopOrder(environment: Environment): string[] {
  return componentsOf(environment)
    .map(({ name }) => name)
    .reverse();
}

/** Only what is declared: of a data directory the practice chain, of pool and miners their logs and their output. */
export function clearedIn(environment: Environment): Cleared[] {
  const { daemon, peers, pool, miners } = environment;
  const specs = { daemon: [...peers, daemon], pool: [pool], miner: miners };
  return componentsOf(environment).flatMap(({ name: component, role, index, peer }): Cleared[] => {
    if (role === 'daemon') {
      const { dataDir } = specs.daemon[peer ? index : peers.length] ?? daemon;
      return [{ what: 'chain', component, dataDir }];
    }
    const { directory = '', logFiles = [] } = specs[role][index] ?? {};
    const logs = logFiles.map((file): Cleared => ({ what: 'log', component, directory, file }));
    return [...logs, { what: 'output', component }];
  });
}
