import type { PoolSpec } from '../../core/environment.ts';
import { DavyError } from '../../core/errors.ts';
import { commandProof } from './adoption-proof.ts';
import type { ConfigChange, PoolKind } from './kind.ts';
import { observePool } from './pool-facts.ts';
import { commandOf, programOf } from './programs.ts';
import { type Member, pathOf } from './stack.ts';
import { endProcess, startProcess, workingFolder } from './supervised.ts';

/** Any pool with a command: started, stopped and talked to in Stratum, its configuration left to its owner. */
export const processPool: PoolKind = {
  programs: async (member) => [await programOf(member, commandOf(member))],
  configure: async () => [],
  start: async (member) =>
    await startProcess(member, { argv: commandOf(member), cwd: workingFolder(member) }),
  stop: (member, { force }) => endProcess(member, force),
  observe: async (member) =>
    await observePool(member, {
      port: member.spec.stratumPort,
      daemonLogin: null,
      signatures: [],
      configFiles: [],
    }),
  port: async ({ spec }) => spec.stratumPort,

  adoptionProof: async (member) =>
    commandProof({
      argv: commandOf(member),
      cwd: workingFolder(member),
      port: member.spec.stratumPort,
      ...(member.spec.configFile !== undefined && { configFile: pathOf(member, member.spec.configFile) }),
    }),

  async movePort({ spec }, port) {
    throw mustNotEdit(
      `pool: Davylamp cannot move a pool of kind "process" from port ${spec.stratumPort} to ${port}`,
    );
  },

  async alignCredentials() {
    throw mustNotEdit('pool: Davylamp cannot give a pool of kind "process" the daemon\'s credentials');
  },

  setPayoutAddress: async (member): Promise<ConfigChange> => ({
    file: ownConfiguration(member),
    change: 'unchanged',
    keys: [],
  }),
};

function ownConfiguration({ spec }: Member<PoolSpec>): string {
  return spec.configFile ?? "the pool's own configuration";
}

function mustNotEdit(message: string): DavyError {
  return new DavyError('unsupported', message, {
    component: 'pool',
    nextStep: "Change it in the pool's own configuration and in davy.json.",
  });
}
