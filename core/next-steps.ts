import type { ClosingWord, EscalationReason } from './escalation.ts';
import type { FailureType } from './failure.ts';

/** What a person looks at first, by what was found. */
const BY_FAILURE: Readonly<Record<FailureType, string>> = {
  process_down:
    'Read the last lines of its log below: they say why it ended. Start it by hand with the same command to see it fail.',
  rpc_refused:
    'Look whether the daemon still loads its blocks, and whether its RPC port is the one in davy.json.',
  rpc_unauthorized:
    "Compare the RPC user and password in davy.json, in the daemon's configuration and in the pool's.",
  rpc_timeout:
    'Look for a full disk, swapping or a very busy processor: the daemon is alive and does not answer.',
  warming_up: 'Wait for the daemon to load; its log shows the progress. A restart begins it anew.',
  port_conflict: "End the other process, or change the daemon's port in its configuration and in davy.json.",
  lock_held: 'Another daemon works in this data directory: end it, or give this one a directory of its own.',
  data_corrupt:
    'Check the disk (dmesg, smartctl) before anything is rebuilt on it; keep a copy of the wallet.',
  chain_rolled_back:
    'Find out who replaced the data directory; let the daemon fetch the chain from its peers again.',
  bad_config: 'Correct the configuration file that the evidence names.',
  incompatible: 'Update the pool, or run a daemon that the pool understands; no restart mends this.',
  no_peers: 'Look whether the P2P port is open and the peers run: without one some daemons give no work.',
  daemon_lost: "Look whether the daemon answers, then at the daemon's address in the pool's configuration.",
  stratum_not_listening: 'The pool runs and does not listen: read its log, whatever it says about its port.',
  stratum_port_conflict:
    'End the process that holds the Stratum port, or give the pool further fallbackPorts.',
  stratum_unreachable:
    'Look at firewall and network between this host and the pool (under WSL2: its gateway).',
  stratum_deaf: 'The port answers and the protocol behind it does not: look for a pool that hangs.',
  stale_work: 'The pool hands out old work: look at its connection to the daemon.',
  pool_unreachable: "Compare the miner's pool address with the pool's Stratum port.",
  unauthorized: "Compare the miner's login with the accounts of the pool.",
  high_rejects: 'Compare the algorithm of the miner with that of the pool, and the clocks of both.',
  no_shares: "Look at the miner's hash rate and the pool's difficulty: it may only be slow.",
  stale_lock: 'Find the owner of the lock file; remove it only once that process is gone.',
  resource_exhausted: 'Free the resource that the evidence names: disk, memory or file descriptors.',
  cascading: 'Repair from the bottom up: daemon, then pool, then miners.',
  missing_dependencies: 'Install the programs that the evidence names.',
  unknown: 'No rule knows this failure: read the evidence and the logs below.',
};

const BY_REASON: Partial<Record<EscalationReason | ClosingWord, string>> = {
  crash_loop: 'It starts and dies again: find the cause before it is started once more.',
  critical_error: 'Automatic repair would do harm or cannot help here: nothing more is tried.',
  recovery_off: 'Nothing was tried: automatic recovery is off for runs like this one.',
  resource_exhausted: 'Make room first; nothing that is started now will stay up.',
};

export interface Stuck {
  environment: string;
  failure: FailureType | null;
  reason: EscalationReason | ClosingWord | null;
}

/** What a person who is called should do, in order. */
export function suggestedNextSteps({ environment, failure, reason }: Stuck): string[] {
  return [
    ...((reason && BY_REASON[reason] ? [BY_REASON[reason]] : []) as string[]),
    failure ? BY_FAILURE[failure] : BY_FAILURE.unknown,
    `While you work on it: POST /v1/environments/${environment}/maintenance, and DELETE it afterwards.`,
    'Prove the repair with the pipeline mining-health-check, then run again what was broken off.',
  ];
}
