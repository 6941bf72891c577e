import type { DaemonSpec, MinerSpec, PoolSpec } from '../../core/environment.ts';
import { DavyError } from '../../core/errors.ts';
import type { DaemonFacts, MinerFacts, PoolFacts } from '../../core/observation.ts';
import type { RpcEndpoint } from '../host/rpc.ts';
import type { AdoptionProof } from './adoption-proof.ts';
import type { Member } from './stack.ts';

/** A program that a component needs, and where it was found. */
export interface Program {
  name: string;
  /** `null`: it is missing. */
  path: string | null;
  /** The Debian packages that bring it; none where no package does. */
  packages: string[];
}

/** What `configure` did to a file. */
export interface ConfigChange {
  file: string;
  change: 'created' | 'adjusted' | 'unchanged';
  /** The keys that were added or changed, never their values. */
  keys: string[];
}

/**
 * What every kind of component can do. A new kind is one file, and one line in the table of its role:
 * `daemon-kinds.ts`, `pool-kinds.ts`, `miner-kinds.ts`. A pool asks for the daemon's kind, a miner for both, never the
 * other way round.
 */
interface Kind<Spec, Facts> {
  programs(member: Member<Spec>): Promise<Program[]>;
  /** Writes a missing configuration file, adjusts an existing one as little as possible. */
  configure(member: Member<Spec>): Promise<ConfigChange[]>;
  /** Starts the process, unless it runs already. Returns as soon as it exists: readiness is for `observe`. */
  start(member: Member<Spec>, options: StartOptions): Promise<'started' | 'already_running'>;
  /** Ends the process, gracefully first unless forced. Only ever one that is proven ours. */
  stop(member: Member<Spec>, options: StopOptions): Promise<string>;
  /** Every fact about it that can be had within a second or two. Never throws for a broken component. */
  observe(member: Member<Spec>): Promise<Facts>;
  /** How a process that Davylamp did not start is proven to be it; `null`, or missing: it cannot be. */
  adoptionProof?(member: Member<Spec>): Promise<AdoptionProof | null>;
}

export interface StartOptions {
  /** Let a daemon build its index anew from its blocks. */
  reindex: boolean;
}

export interface StopOptions {
  force: boolean;
}

/** What is observed of a component; what is wanted of it and was known before is added from the records. */
export type Observed<Facts> = Omit<Facts, 'desired' | 'knownHeight' | 'staleLocks'>;

export interface DaemonKind extends Kind<DaemonSpec, Observed<DaemonFacts>> {
  /** Where and as whom its RPC is called. */
  endpoint(member: Member<DaemonSpec>): Promise<RpcEndpoint>;
  /** The proof-of-work function of its chain. */
  algorithm(member: Member<DaemonSpec>): Promise<'sha256d' | 'scrypt'>;
  /** Moves the settings that it wrote for itself and cannot read any more out of its way, unless it runs. */
  setAsideSettings(member: Member<DaemonSpec>): Promise<string>;
  /** Connects it to the nodes that `davy.json` gives it for company. */
  connectPeers(member: Member<DaemonSpec>): Promise<string>;
}

export interface PoolKind extends Kind<PoolSpec, Observed<PoolFacts>> {
  /** The Stratum port in its configuration. */
  port(member: Member<PoolSpec>): Promise<number>;
  movePort(member: Member<PoolSpec>, port: number): Promise<ConfigChange>;
  /** Gives it the daemon's address and credentials. */
  alignCredentials(member: Member<PoolSpec>): Promise<ConfigChange>;
  /** Sets the address that its blocks pay to, where it has none: only then it is asked for. */
  setPayoutAddress(member: Member<PoolSpec>, address: () => Promise<string>): Promise<ConfigChange>;
  /** The only type of address that it can pay to; any where it is missing. */
  payoutAddressType?: AddressType;
  /** Pid files that it leaves behind and that hinder its next start. */
  lockFiles?(member: Member<PoolSpec>): LockFile[];
}

/** A type of address, as the wallet of a daemon calls it. */
export type AddressType = 'legacy';

/** A pid file whose owner is known by its program: whoever else has the pid now is not the owner. */
export interface LockFile {
  path: string;
  /** The name of the program's file. */
  program: string;
}

export interface MinerKind extends Kind<MinerSpec, Observed<MinerFacts>> {
  /** Gives it the login that `davy.json` names; missing where its configuration is not ours to write. */
  alignLogin?(member: Member<MinerSpec>): Promise<ConfigChange>;
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
