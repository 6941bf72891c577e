import type { Fault } from '../fault.ts';
import { daemonConflicts } from './daemon/conflicts.ts';
import { daemonData } from './daemon/data.ts';
import { daemonLiars } from './daemon/liars.ts';
import { daemonRpc } from './daemon/rpc.ts';
import { daemonSignals } from './daemon/signals.ts';
import { resourceFaults } from './environment/resources.ts';
import { severalFaults } from './environment/several.ts';
import { minerConfig } from './miner/config.ts';
import { minerLiars } from './miner/liars.ts';
import { minerSignals } from './miner/signals.ts';
import { ckpoolFaults } from './pool/ckpool.ts';
import { poolConfig } from './pool/config.ts';
import { poolLiars } from './pool/liars.ts';
import { poolPorts } from './pool/ports.ts';
import { poolSignals } from './pool/signals.ts';

/** Every fault, in the order in which a drill provokes them. A new family is one file and one line here. */
export const FAULTS: readonly Fault[] = [
  ...daemonSignals,
  ...daemonRpc,
  ...daemonConflicts,
  ...daemonData,
  ...daemonLiars,
  ...poolSignals,
  ...poolPorts,
  ...poolConfig,
  ...poolLiars,
  ...ckpoolFaults,
  ...minerSignals,
  ...minerConfig,
  ...minerLiars,
  ...severalFaults,
  ...resourceFaults,
];

export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
