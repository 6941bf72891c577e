import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { type Cleared, clearedIn } from '../../core/reset-plan.ts';
import { chainDirectory } from '../components/chain-data.ts';
import { realChainAt } from '../components/real-chain.ts';
import {
  daemonMember,
  type Member,
  outputFile,
  pathOf,
  peerMembers,
  type Stack,
} from '../components/stack.ts';
import { liesIn } from '../host/mounts.ts';
import { UnsafePathError } from '../host/unsafe-path.ts';

export function daemonsOf(stack: Stack): Member<DaemonSpec>[] {
  return [...peerMembers(stack), daemonMember(stack)];
}

/**
 * Where what a reset clears lies on this host.
 * @throws {UnsafePathError} where a declared path climbs: its owner is to say where it lies
 */
export function pathsToClear(stack: Stack): string[] {
  return [...new Set(clearedIn(stack.environment).map((cleared) => placeOf(stack, cleared)))];
}

function placeOf(stack: Stack, cleared: Cleared): string {
  switch (cleared.what) {
    case 'chain':
      assertNoClimbing([cleared.dataDir]);
      return chainDirectory({ stack, spec: cleared });
    case 'log':
      assertNoClimbing([cleared.directory, cleared.file]);
      return pathOf({ stack, spec: cleared }, cleared.file);
    case 'output':
      return outputFile({ stack, ref: { name: cleared.component } });
  }
}

function assertNoClimbing(declared: readonly string[]): void {
  for (const path of declared)
    if (path.split('/').includes('..')) throw new UnsafePathError(path, 'it is declared with ".."');
}

/** Why a path that is to be cleared must be spared, as far as its content tells; `null`: it need not be. @param at a way to it */
export async function reasonToSpare(stack: Stack, path: string, at: string): Promise<string | null> {
  for (const own of [stack.directory, stack.stateDirectory]) if (liesIn(own, path)) return `it holds ${own}`;
  const isChain = daemonsOf(stack).some((member) => chainDirectory(member) === path);
  if ((await stat(at)).isDirectory() && !isChain) return 'it is declared as a file and is a folder';
  return await realChainAt(at, basename(path));
}
