import { roleNamed } from '../component.ts';
import type { FAILURES, FailureType } from '../failure.ts';
import { known, readable, sentence } from './text.ts';

interface FailureWords {
  /** What it means; the name of the component comes before it. */
  is: string;
  /** What a person looks at or does first. */
  next: string;
}

/** For every failure of every layer: one without words does not compile. */
const WORDS = {
  daemon: {
    process_down: {
      is: 'is not running',
      next: 'Read the last lines of its log: they say why it ended. Start it by hand with the same command to see it fail.',
    },
    rpc_refused: {
      is: 'runs, but nothing answers on its RPC port',
      next: 'Look whether the daemon still loads its blocks, and whether its RPC port is the one in davy.json.',
    },
    rpc_unauthorized: {
      is: 'refuses our RPC user and password',
      next: "Compare the RPC user and password in davy.json with those in the daemon's configuration.",
    },
    rpc_timeout: {
      is: 'runs, but does not answer in time',
      next: 'Look for a full disk, swapping or a very busy processor: the daemon is alive and does not answer.',
    },
    warming_up: {
      is: 'is still loading its blocks',
      next: 'Wait for the daemon to load; its log shows the progress. A restart begins it anew.',
    },
    port_conflict: {
      is: 'cannot start: another program holds its port',
      next: "End the other process, or change the daemon's port in its configuration and in davy.json.",
    },
    lock_held: {
      is: 'cannot start: another daemon works in its data directory',
      next: 'End the other daemon, or give this one a directory of its own.',
    },
    data_corrupt: {
      is: 'says that its block data is damaged',
      next: 'Check the disk (dmesg, smartctl) before anything is rebuilt on it; keep a copy of the wallet.',
    },
    chain_rolled_back: {
      is: 'has lost blocks that it had before',
      next: 'Find out who replaced the data directory; let the daemon fetch the chain from its peers again.',
    },
    bad_config: {
      is: 'does not accept its configuration, or what it finds on this machine',
      next: 'Correct what the evidence names: the configuration file, permissions, the clock or the wallet file.',
    },
    incompatible: {
      is: 'and the pool do not understand each other',
      next: 'Update the pool, or run a daemon that the pool understands; no restart mends this.',
    },
    no_peers: {
      is: 'has no peers, and may give no work without one',
      next: 'Look whether the P2P port is open and the peers run.',
    },
  },
  pool: {
    process_down: {
      is: 'is not running',
      next: 'Read the last lines of its log: they say why it ended. Start it by hand with the same command to see it fail.',
    },
    daemon_lost: {
      is: 'gets no work from the daemon',
      next: "Look whether the daemon answers, then at the daemon's address in the pool's configuration.",
    },
    stratum_not_listening: {
      is: 'runs, but does not listen for miners',
      next: 'Read its log, but do not believe what it says about its port.',
    },
    stratum_port_conflict: {
      is: 'cannot listen: another program holds its Stratum port',
      next: 'End the process that holds the Stratum port, or give the pool further fallbackPorts in davy.json.',
    },
    stratum_unreachable: {
      is: 'listens, but cannot be reached where miners look for it',
      next: 'Look at firewall and network between this host and the pool (under WSL2: its gateway).',
    },
    stratum_deaf: {
      is: 'accepts connections, but does not answer miners',
      next: 'Look for a pool that hangs: the port answers and the protocol behind it does not.',
    },
    stale_work: {
      is: 'hands out old work',
      next: "Look at the pool's connection to the daemon.",
    },
    rpc_unauthorized: {
      is: 'has an RPC user or password that the daemon refuses',
      next: "Compare the RPC user and password in davy.json, in the daemon's configuration and in the pool's.",
    },
    incompatible: {
      is: 'does not understand this daemon',
      next: 'Update the pool, or run a daemon that the pool understands; no restart mends this.',
    },
    bad_config: {
      is: 'does not accept its configuration, or refuses our login',
      next: 'Correct the configuration file that the evidence names.',
    },
  },
  miner: {
    process_down: {
      is: 'is not running',
      next: 'Read the last lines of its log: they say why it ended. Start it by hand with the same command to see it fail.',
    },
    pool_unreachable: {
      is: 'does not reach the pool',
      next: "Compare the miner's pool address with the pool's Stratum port.",
    },
    unauthorized: {
      is: 'has a login that the pool refuses',
      next: "Compare the miner's login with the accounts of the pool.",
    },
    high_rejects: {
      is: 'has most of its shares rejected',
      next: 'Compare the algorithm of the miner with that of the pool, and the clocks of both.',
    },
    no_shares: {
      is: 'runs, but finds no shares',
      next: "Look at the miner's hash rate and the pool's difficulty: it may only be slow.",
    },
    bad_config: {
      is: 'does not accept its configuration',
      next: 'Correct the configuration file that the evidence names.',
    },
  },
  any: {
    stale_lock: {
      is: 'cannot start: a lock file was left behind',
      next: 'Find the owner of the lock file; remove it only once that process is gone.',
    },
    resource_exhausted: {
      is: 'lacks disk space, memory, file descriptors or processes',
      next: 'Free the resource that the evidence names: disk, memory, file descriptors or processes.',
    },
    missing_dependencies: {
      is: 'lacks a program or library that it needs',
      next: 'Install what is missing: the evidence names it. Or correct the command in davy.json.',
    },
    unknown: {
      is: 'does not work, and no rule knows why',
      next: 'Read the evidence and the logs: no rule knows this failure.',
    },
  },
  environment: {
    cascading: {
      is: 'has several failures at once, none of which explains the others',
      next: 'Repair from the bottom up: daemon, then pool, then miners.',
    },
  },
} satisfies {
  [Layer in keyof typeof FAILURES]: Record<(typeof FAILURES)[Layer][number], FailureWords>;
};

/** What is said of a component that has a failure of another layer, as an environment has bad_config of its file. */
const ELSEWHERE = Object.assign({}, ...Object.values(WORDS).reverse()) as Record<FailureType, FailureWords>;

function wordsFor(component: string | null, failure: string): FailureWords | undefined {
  const role = component === null ? 'any' : roleNamed(component);
  return known(WORDS[role], failure) ?? known(WORDS.any, failure) ?? known(ELSEWHERE, failure);
}

/** How a sentence names a component: `the pool`, `miner-1`; an environment is `the stack`. */
export function componentPhrase(component: string | null): string {
  if (component === null) return 'something';
  if (component === 'environment') return 'the stack';
  return component === 'daemon' || component === 'pool' ? `the ${component}` : component;
}

/** `The pool cannot listen: another program holds its Stratum port.` Of the name of a component, or `environment`. */
export function failureSentence(component: string | null, failure: string | null): string {
  if (failure === null) return 'Something failed; the cause is not known yet.';
  const is = wordsFor(component, failure)?.is ?? `has a failure: ${readable(failure)}`;
  const phrase = componentPhrase(component);
  // The name of a component is written as its owner wrote it.
  return phrase === component ? `${phrase} ${is}.` : sentence(`${phrase} ${is}`);
}

/** `The pool is not running?`, of a failure that could have been. */
export function failureQuestion(component: string, failure: string): string {
  return failureSentence(component, failure).replace(/\.$/, '?');
}

/** What a person does about it first. */
export function nextStepSentence(component: string | null, failure: string | null): string {
  return (failure === null ? undefined : wordsFor(component, failure)?.next) ?? WORDS.any.unknown.next;
}
