import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { PRACTICE_CHAIN } from '../../core/reset-plan.ts';
import { type Member, pathIn, type Stack } from './stack.ts';

/** The folder of the practice chain in a daemon's data directory: the only part of it that is ever cleared. */
export function chainDirectory({ stack, spec }: { stack: Stack; spec: Pick<DaemonSpec, 'dataDir'> }): string {
  return join(pathIn(stack, spec.dataDir), PRACTICE_CHAIN);
}

/** The wallets of the practice chain; `null` where there are none. */
export async function walletDirectory(member: Member<DaemonSpec>): Promise<string | null> {
  const wallets = join(chainDirectory(member), 'wallets');
  return await access(wallets).then(
    () => wallets,
    () => null,
  );
}
