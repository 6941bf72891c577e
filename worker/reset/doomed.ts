import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { chainDirectory } from '../components/chain-data.ts';
import { realChainAt } from '../components/real-chain.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  outputFile,
  pathOf,
  peerMembers,
  poolMember,
  type Stack,
} from '../components/stack.ts';
import { liesIn } from '../host/mounts.ts';
import { UnsafePathError } from '../host/unsafe-path.ts';

export function daemonsOf(stack: Stack): Member<DaemonSpec>[] {
  return [...peerMembers(stack), daemonMember(stack)];
}

/**
 * Only what `davy.json` declares: of a data directory the folder of the practice chain, of pool and miners their
 * logs and their output.
 * @throws {UnsafePathError} where a declared path climbs: its owner is to say where it lies
 */
export function doomedPaths(stack: Stack): string[] {
  const logs = (member: Member) =>
    member.spec.logFiles.map((file) => {
      assertNoClimbing([member.spec.directory, file]);
      return pathOf(member, file);
    });
  const chain = (member: Member<DaemonSpec>) => {
    assertNoClimbing([member.spec.dataDir]);
    return chainDirectory(member);
  };
  const paths = [
    ...daemonsOf(stack).map(chain),
    ...[poolMember(stack), ...minerMembers(stack)].flatMap((member) => [...logs(member), outputFile(member)]),
  ];
  return [...new Set(paths)];
}

function assertNoClimbing(declared: readonly string[]): void {
  for (const path of declared)
    if (path.split('/').includes('..')) throw new UnsafePathError(path, 'it is declared with ".."');
}

/** Why a doomed path must be spared, as far as its content tells; `null`: it need not be. @param at a way to it */
export async function reasonToSpare(stack: Stack, path: string, at: string): Promise<string | null> {
  for (const own of [stack.directory, stack.stateDirectory]) if (liesIn(own, path)) return `it holds ${own}`;
  const isChain = daemonsOf(stack).some((member) => chainDirectory(member) === path);
  if ((await stat(at)).isDirectory() && !isChain) return 'it is declared as a file and is a folder';
  return await realChainAt(at, basename(path));
}
