import type { DaemonSpec, MinerSpec } from '../../core/environment.ts';
import { adopting } from './adoption.ts';
import { bitcoind } from './bitcoind.ts';
import { cpuminer } from './cpuminer.ts';
import type { DaemonKind, MinerKind } from './kind.ts';
import { labMiner } from './lab-miner.ts';
import { kindOf } from './pools.ts';
import { processMiner } from './process-miner.ts';
import type { Member } from './stack.ts';

export { poolKind } from './pools.ts';

const DAEMONS: Readonly<Record<string, DaemonKind>> = { bitcoind: adopting(bitcoind) };
const MINERS: Readonly<Record<string, MinerKind>> = {
  'lab-miner': adopting(labMiner),
  cpuminer: adopting(cpuminer),
  process: adopting(processMiner),
};

export function daemonKind({ spec }: Member<DaemonSpec>): DaemonKind {
  return kindOf(DAEMONS, spec.kind, 'daemon');
}

export function minerKind({ spec }: Member<MinerSpec>): MinerKind {
  return kindOf(MINERS, spec.kind, 'miner');
}
