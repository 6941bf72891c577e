import { join } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { PRACTICE_CHAIN } from '../../core/reset-plan.ts';
import { pathIn, type Stack } from './stack.ts';

/** The folder of the practice chain in a daemon's data directory: the only part of it that is ever cleared. */
export function chainDirectory({ stack, spec }: { stack: Stack; spec: Pick<DaemonSpec, 'dataDir'> }): string {
  return join(pathIn(stack, spec.dataDir), PRACTICE_CHAIN);
}
