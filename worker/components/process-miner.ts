import { commandProof } from './adoption-proof.ts';
import type { MinerKind } from './kind.ts';
import { observeMiner } from './miner-facts.ts';
import { commandOf, programOf } from './programs.ts';
import { endProcess, startProcess, workingFolder } from './supervised.ts';

/** Any miner with a command. Its shares are known where it writes them as minerd does, else only that it lives. */
export const processMiner: MinerKind = {
  programs: async (member) => [await programOf(member, commandOf(member))],
  configure: async () => [],
  start: async (member) =>
    await startProcess(member, { argv: commandOf(member), cwd: workingFolder(member) }),
  stop: (member, { force }) => endProcess(member, force),
  adoptionProof: async (member) => commandProof({ argv: commandOf(member), cwd: workingFolder(member) }),
  observe: async (member) =>
    await observeMiner(member, { url: null, loginMatches: null, signatures: [], configFiles: [] }),
};
