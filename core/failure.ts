import type { ComponentRole } from './component.ts';

/** What can be wrong, by layer. The names are part of the API. */
export const FAILURES = {
  daemon: [
    'process_down',
    'rpc_refused',
    'rpc_unauthorized',
    'rpc_timeout',
    'warming_up',
    'port_conflict',
    'lock_held',
    'data_corrupt',
    'chain_rolled_back',
    'bad_config',
    'incompatible',
    'no_peers',
  ],
  pool: [
    'process_down',
    'daemon_lost',
    'stratum_not_listening',
    'stratum_port_conflict',
    'stratum_unreachable',
    'stratum_deaf',
    'stale_work',
    'rpc_unauthorized',
    'incompatible',
    'bad_config',
  ],
  miner: ['process_down', 'pool_unreachable', 'unauthorized', 'high_rejects', 'no_shares', 'bad_config'],
  any: ['stale_lock', 'resource_exhausted', 'missing_dependencies', 'unknown'],
  environment: ['cascading'],
} as const;

export type FailureType = (typeof FAILURES)[keyof typeof FAILURES][number];

/** All of them, once each. */
export const FAILURE_TYPES: readonly FailureType[] = [...new Set(Object.values(FAILURES).flat())];

export interface Diagnosis {
  /** The component's name, or `environment`. */
  component: string;
  role: ComponentRole | 'environment';
  failure: FailureType;
  /** The facts that led here, one sentence each. */
  evidence: string[];
  /** When it happened, where a fact tells: ISO 8601 UTC. */
  occurredAt?: string;
}

/** A finding in one line: what is wrong with which component, and the facts that say so. */
export function describeDiagnosis(finding: {
  component: string;
  failure: string;
  evidence: readonly string[];
}): string {
  return `${finding.component}: ${finding.failure} (${finding.evidence.join('; ')})`;
}

/** All that is wrong, in one line. */
export function describeDiagnoses(findings: readonly Diagnosis[]): string {
  return findings.map(describeDiagnosis).join(' · ');
}

/** Failures that time alone may mend: a component that comes up passes through them. */
const TRANSIENT: ReadonlySet<FailureType> = new Set([
  'warming_up',
  'rpc_refused',
  'rpc_timeout',
  'no_peers',
  'daemon_lost',
  'stratum_not_listening',
  'stratum_unreachable',
  'stratum_deaf',
  'stale_work',
  'pool_unreachable',
  'unknown',
]);

/** Whether time alone may mend a failure. */
export function isTransient(failure: FailureType): boolean {
  return TRANSIENT.has(failure);
}

/** What a reset would not mend, or must not be tried for: it never leads to one. */
export const NEVER_RESET: ReadonlySet<FailureType> = new Set([
  'missing_dependencies',
  'bad_config',
  'incompatible',
  'resource_exhausted',
  // It loads, or waits for blocks: what it has is whole.
  'warming_up',
  'unknown',
]);
