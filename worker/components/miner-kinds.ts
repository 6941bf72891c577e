import type { MinerSpec } from '../../core/environment.ts';
import { adopting } from './adoption.ts';
import { cpuminer } from './cpuminer.ts';
import { kindOf, type MinerKind } from './kind.ts';
import { labMiner } from './lab-miner.ts';
import { processMiner } from './process-miner.ts';
import type { Member } from './stack.ts';

const MINERS: Readonly<Record<string, MinerKind>> = {
  'lab-miner': adopting(labMiner),
  cpuminer: adopting(cpuminer),
  process: adopting(processMiner),
};

/** The code for a miner's kind. */
export function minerKind({ spec }: Member<MinerSpec>): MinerKind {
  return kindOf(MINERS, spec.kind, 'miner');
}
