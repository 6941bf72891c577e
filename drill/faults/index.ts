import type { Fault } from '../fault.ts';
import { daemonConflicts } from './daemon/conflicts.ts';
import { daemonData } from './daemon/data.ts';
import { daemonProxyFaults } from './daemon/proxy.ts';
import { daemonRpc } from './daemon/rpc.ts';
import { daemonSignals } from './daemon/signals.ts';
import { resourceFaults } from './environment/resources.ts';
import { severalFaults } from './environment/several.ts';
import { minerConfig } from './miner/config.ts';
import { minerProxyFaults } from './miner/proxy.ts';
import { minerSignals } from './miner/signals.ts';
import { ckpoolFaults } from './pool/ckpool.ts';
import { poolConfig } from './pool/config.ts';
import { poolPorts } from './pool/ports.ts';
import { poolProxyFaults } from './pool/proxy.ts';
import { poolSignals } from './pool/signals.ts';

/** Every fault, in the order in which a drill provokes them. A new family is one file and one line here. */
export const FAULTS: readonly Fault[] = [
  ...daemonSignals,
  ...daemonRpc,
  ...daemonConflicts,
  ...daemonData,
  ...daemonProxyFaults,
  ...poolSignals,
  ...poolPorts,
  ...poolConfig,
  ...poolProxyFaults,
  ...ckpoolFaults,
  ...minerSignals,
  ...minerConfig,
  ...minerProxyFaults,
  ...severalFaults,
  ...resourceFaults,
];

export function faultNamed(name: string): Fault | undefined {
  return FAULTS.find((fault) => fault.name === name);
}
