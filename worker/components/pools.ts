import type { PoolSpec } from '../../core/environment.ts';
import { DavyError } from '../../core/errors.ts';
import { adopting } from './adoption.ts';
import { ckpool } from './ckpool.ts';
import { coiniumserv } from './coiniumserv.ts';
import type { PoolKind } from './kind.ts';
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

/** Looks a kind up by its name. */
export function kindOf<T>(kinds: Readonly<Record<string, T>>, name: string, role: string): T {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind) return kind;
  throw new DavyError('bad_config', `davy.json: no kind of ${role} is called "${name}"`, {
    component: role,
    nextStep: `Known kinds: ${Object.keys(kinds).join(', ')}.`,
  });
}
