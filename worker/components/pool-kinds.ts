import type { PoolSpec } from '../../core/environment.ts';
import { adopting } from './adoption.ts';
import { ckpool } from './ckpool.ts';
import { coiniumserv } from './coiniumserv.ts';
import { kindOf, type PoolKind } from './kind.ts';
import { labPool } from './lab-pool.ts';
import { processPool } from './process-pool.ts';
import type { Member } from './stack.ts';

const POOLS: Readonly<Record<string, PoolKind>> = {
  'lab-pool': adopting(labPool),
  ckpool: adopting(ckpool),
  coiniumserv: adopting(coiniumserv),
  process: adopting(processPool),
};

/** The code for a pool's kind. */
export function poolKind({ spec }: Member<PoolSpec>): PoolKind {
  return kindOf(POOLS, spec.kind, 'pool');
}
