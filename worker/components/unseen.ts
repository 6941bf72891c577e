import type { DaemonSpec, MinerSpec, PoolSpec } from '../../core/environment.ts';
import { DavyError, messageOf } from '../../core/errors.ts';
import type { DaemonFacts, MinerFacts, PoolFacts, PortFact } from '../../core/observation.ts';
import type { Observed } from './kind.ts';
import { usesAlternative } from './miner-choice.ts';
import type { Member } from './stack.ts';
import { observeProcess } from './supervised.ts';

/** The facts of a component whose kind could not look at it: its process, and why. */
export type Unseen<Spec, Facts> = (member: Member<Spec>, error: unknown) => Promise<Facts>;

export const unseenDaemon: Unseen<DaemonSpec, Observed<DaemonFacts>> = async (member, error) => ({
  role: 'daemon',
  component: member.ref.name,
  peer: member.ref.peer,
  process: await observeProcess(member),
  rpcPort: unknownPort(member.spec.rpcPort),
  p2pPort: unknownPort(member.spec.p2pPort),
  rpc: null,
  template: null,
  startFailure: null,
  unseen: reasonOf(error),
});

export const unseenPool: Unseen<PoolSpec, Observed<PoolFacts>> = async (member, error) => ({
  role: 'pool',
  component: member.ref.name,
  process: await observeProcess(member),
  stratumPort: unknownPort(member.spec.stratumPort),
  alternatives: [],
  stratum: null,
  daemonCredentialsAccepted: null,
  startFailure: null,
  unseen: reasonOf(error),
});

export const unseenMiner: Unseen<MinerSpec, Observed<MinerFacts>> = async (member, error) => ({
  role: 'miner',
  component: member.ref.name,
  process: await observeProcess(member),
  pointsAtPort: null,
  poolPort: member.stack.environment.pool.stratumPort,
  connection: 'unknown',
  acceptedShares: 0,
  rejectedShares: 0,
  recentShares: { accepted: 0, rejected: 0 },
  loginMatches: null,
  alternative: usesAlternative(member.stack.stateDirectory, member.ref.name),
  silentSeconds: null,
  hashrate: null,
  algorithm: 'sha256d',
  startFailure: null,
  unseen: reasonOf(error),
});

function unknownPort(port: number): PortFact {
  return { port, holder: 'nobody', owner: null };
}

function reasonOf(error: unknown): string {
  const nextStep = error instanceof DavyError ? error.nextStep : null;
  return [messageOf(error), nextStep].filter((text) => text !== null).join('. ');
}
