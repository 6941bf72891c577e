import type { Fault } from '../fault.ts';
import { daemonSignals } from './daemon/signals.ts';
import { minerSignals } from './miner/signals.ts';
import { poolSignals } from './pool/signals.ts';

/** Every fault, in the order in which a drill provokes them. A new family is one file and one line here. */
export const FAULTS: readonly Fault[] = [...daemonSignals, ...poolSignals, ...minerSignals];

export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
