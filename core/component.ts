import type { Environment } from './environment.ts';

export const COMPONENT_ROLES = ['daemon', 'pool', 'miner'] as const;
/** The three layers of a stack. A layer depends on the ones before it. */
export type ComponentRole = (typeof COMPONENT_ROLES)[number];

/** One member of a stack: `daemon`, `peer-1`, `pool`, `miner-1` or the name that its owner gave it. */
export interface ComponentRef {
  name: string;
  role: ComponentRole;
  kind: string;
  /** Its place among its own (miners, peers); 0 for daemon and pool. */
  index: number;
  /** A node that is there only to give the daemon a connection. */
  peer: boolean;
}

/** The components in the order in which they start; the reverse is the order in which they stop. */
export function componentsOf(environment: Environment): ComponentRef[] {
  return [
    ...environment.peers.map(
      ({ kind }, index): ComponentRef => ({
        name: `peer-${index + 1}`,
        role: 'daemon',
        kind,
        index,
        peer: true,
      }),
    ),
    { name: 'daemon', role: 'daemon', kind: environment.daemon.kind, index: 0, peer: false },
    { name: 'pool', role: 'pool', kind: environment.pool.kind, index: 0, peer: false },
    ...environment.miners.map(
      ({ kind, name }, index): ComponentRef => ({
        name: name ?? `miner-${index + 1}`,
        role: 'miner',
        kind,
        index,
        peer: false,
      }),
    ),
  ];
}

/** The layer of a component, or of `environment`, by its name: what is neither daemon, peer nor pool is a miner. */
export function roleNamed(name: string): ComponentRole | 'environment' {
  if (name === 'environment' || name === 'daemon' || name === 'pool') return name;
  return /^peer-\d+$/.test(name) ? 'daemon' : 'miner';
}

/** Whether a component should be running. Stages, resets and operators set it; recovery only ever restores it. */
export type DesiredState = 'running' | 'stopped';
