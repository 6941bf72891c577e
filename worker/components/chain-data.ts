import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { type Member, pathIn } from './stack.ts';

/** The folder of the practice chain in a daemon's data directory: the only part of it that is ever cleaned. */
export function chainDirectory({ stack, spec }: Member<DaemonSpec>): string {
  return join(pathIn(stack, spec.dataDir), 'regtest');
}

/** The wallets of the practice chain; `null` where there are none. */
export async function walletDirectory(member: Member<DaemonSpec>): Promise<string | null> {
  const wallets = join(chainDirectory(member), 'wallets');
  return await access(wallets).then(
    () => wallets,
    () => null,
  );
}
