import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import type {
  DaemonFacts,
  DaemonStartFailure,
  PortFact,
  ProcessFact,
  RpcFact,
  TemplateFact,
} from '../../core/observation.ts';
import { lockHolders } from '../host/lock.ts';
import { diskFree } from '../host/resources.ts';
import { type RpcEndpoint, RpcError, rpcCall } from '../host/rpc.ts';
import { readDaemonWords, saysItStops, withoutMinorBinds } from './bitcoind-words.ts';
import type { Observed } from './kind.ts';
import { changedAtMs, startRefusal } from './last-start.ts';
import { observePort, portHolder } from './port-holder.ts';
import type { Member } from './stack.ts';
import { observeProcess, readStartFailure, type StartSignature, watchMember } from './supervised.ts';

export interface DaemonLookOptions {
  endpoint: () => Promise<RpcEndpoint>;
  p2pPort: number;
  places: DaemonPlaces;
  /** It goes into the background: its exit code is not ours to see. */
  forks: boolean;
  templateRules: readonly string[];
}

/** Where a daemon leaves its traces. */
export interface DaemonPlaces {
  /** Of its chain. */
  folder: string;
  debugLog: string;
  /** The files that it locks while it works. */
  locks: readonly string[];
  configFile: string;
  settingsFile: string;
}

type DaemonSignature = StartSignature<DaemonStartFailure['cause']>;

/** What a daemon says when it cannot start, most telling first; matched on Bitcoin Core 28 and Litecoin Core 0.21. */
const START_SIGNATURES: readonly DaemonSignature[] = [
  { pattern: /Cannot obtain a lock on|LOCK: Resource temporarily unavailable/, cause: 'lock_held' },
  // Before the ports: who has no descriptor left cannot listen either.
  {
    pattern:
      /Disk space is (too )?low|Not enough file descriptors|Too many open files|No space left on device|out of disk space|IO error: .*(No space|Too many open files)/i,
    cause: 'resource_exhausted',
  },
  {
    pattern: /bind returned error .*(Permission denied|Cannot assign requested address)/,
    cause: 'bad_config',
  },
  // First the line that tells the port: since version 28 it may be one beside those that are configured.
  { pattern: /Unable to bind to \S+:\d+/, cause: 'port_conflict' },
  {
    pattern: /Unable to start HTTP server|Unable to bind to|Failed to listen on any port/,
    cause: 'port_conflict',
  },
  // Before corruption, which a database that may not be opened is told as: what a reindex would not mend, or destroy.
  {
    pattern: /(IO error|filesystem).*Permission denied|Read-only file system|Cannot write to .*directory/,
    cause: 'bad_config',
  },
  { pattern: /to go back to unpruned mode|from the future|no genesis block found/, cause: 'bad_config' },
  { pattern: /[Ww]allet.* (corrupt|not in recognized format)|salvage failed/, cause: 'bad_config' },
  {
    pattern:
      /Corrupted block database|Error (opening|loading) (block|coins) database|Error initializing block database|(with|using|the) -reindex/,
    cause: 'data_corrupt',
  },
  // Before the others: a line of its own tells of the configuration file.
  { pattern: /settings file/i, cause: 'bad_settings' },
  {
    pattern:
      /Invalid parameter|parse error on line|Error reading configuration|Config setting for \S+ only applied|Specified .* does not exist/,
    cause: 'bad_config',
  },
  { pattern: /(^|\s)Error: /, cause: 'other' },
];

const RPC_TIMEOUT_MS = 1_000;
/** A full memory pool makes a template the work of seconds. */
const TEMPLATE_TIMEOUT_MS = 5_000;

export async function observeDaemon(
  member: Member<DaemonSpec>,
  options: DaemonLookOptions,
): Promise<Observed<DaemonFacts>> {
  const endpoint = await options.endpoint();
  // Of a daemon that answers nothing else it is not waited for.
  const template = member.ref.peer ? null : askTemplate(endpoint, options.templateRules);
  const [process, rpcPort, p2pPort, { rpc, busy }] = await Promise.all([
    observeProcess(member),
    observePort(member, endpoint.port),
    observePort(member, options.p2pPort),
    askRpc(member, endpoint),
  ]);
  const failure = await startFailure(member, process, options);
  return {
    role: 'daemon',
    component: member.ref.name,
    peer: member.ref.peer,
    process,
    rpcPort,
    p2pPort: (await portInTheWay(member, failure)) ?? p2pPort,
    rpc,
    template: rpc.kind === 'ok' ? await template : null,
    startFailure: failure,
    ...(busy !== null && { busy }),
    ...(rpc.kind !== 'ok' && (await stoppingOf(member, process, options.places))),
  };
}

async function stoppingOf(
  member: Member,
  process: ProcessFact,
  { debugLog }: DaemonPlaces,
): Promise<Pick<DaemonFacts, 'stopping'>> {
  if (process.state !== 'running') return {};
  const stopping = await saysItStops(member, debugLog);
  return stopping === null ? {} : { stopping };
}

/** What it answers, and what it was at where it answers nobody in time. */
async function askRpc(member: Member, endpoint: RpcEndpoint): Promise<{ rpc: RpcFact; busy: string | null }> {
  const watch = watchMember(member, RPC_TIMEOUT_MS / 2);
  const rpc = await askChain(endpoint);
  const busy = watch.end();
  if (rpc.kind === 'timeout') return { rpc, busy };
  // It refuses at once: what it is at shows only a moment later.
  return { rpc, busy: rpc.kind === 'work_queue_full' ? await effortOf(member) : null };
}

const EFFORT_MS = 250;

async function effortOf(member: Member): Promise<string | null> {
  const watch = watchMember(member, 0);
  await pause(EFFORT_MS);
  return watch.end();
}

async function askChain(endpoint: RpcEndpoint): Promise<RpcFact> {
  try {
    const [chain, peers] = await Promise.all([
      rpcCall(endpoint, 'getblockchaininfo', [], { timeoutMs: RPC_TIMEOUT_MS }),
      rpcCall(endpoint, 'getconnectioncount', [], { timeoutMs: RPC_TIMEOUT_MS }),
    ]);
    const info = chain as { blocks: number; headers: number; bestblockhash: string; chain: string };
    return {
      kind: 'ok',
      height: info.blocks,
      headers: info.headers,
      tip: info.bestblockhash,
      chain: info.chain,
      peers: Number(peers),
    };
  } catch (error) {
    return { kind: error instanceof RpcError ? error.kind : 'error', detail: messageOf(error) };
  }
}

async function askTemplate(endpoint: RpcEndpoint, rules: readonly string[]): Promise<TemplateFact> {
  try {
    const template = await rpcCall(endpoint, 'getblocktemplate', [{ rules }], {
      timeoutMs: TEMPLATE_TIMEOUT_MS,
    });
    return { kind: 'ok', height: (template as { height: number }).height };
  } catch (error) {
    return { kind: 'error', code: error instanceof RpcError ? error.code : null, detail: messageOf(error) };
  }
}

/** The port that it could not have by its own words, where somebody has it still. */
async function portInTheWay(member: Member, failure: DaemonFacts['startFailure']): Promise<PortFact | null> {
  const port = Number(/Unable to bind to \S+:(\d+)/.exec(failure?.line ?? '')?.[1]);
  if (!Number.isInteger(port)) return null;
  const fact = await portHolder(member, port);
  return fact.holder === 'foreign' ? fact : null;
}

/** The last that it says of a start that came to its end. */
const STARTED = 'init message: Done loading';
/** What ends a daemon in the middle of its work too: with exit code 0 where it noticed in time, else by a signal. */
const DISK_FULL: DaemonSignature = { pattern: /Disk space is (too )?low/, cause: 'resource_exhausted' };

async function startFailure(
  member: Member,
  process: ProcessFact,
  { places, forks }: DaemonLookOptions,
): Promise<DaemonFacts['startFailure']> {
  const refusal = await startRefusal(member, process);
  if (refusal || process.state !== 'down' || process.exit === null) return refusal;
  const { own, logged } = await readDaemonWords(member, places.debugLog);
  // Killed or cleanly stopped daemons leave old words behind; only one that exited with an error meant them.
  const failed = forks ? !`${own}\n${logged}`.includes(STARTED) : (process.exit.exitCode ?? 0) !== 0;
  const signatures = failed ? START_SIGNATURES : [DISK_FULL];
  const said = readStartFailure(withoutMinorBinds(own), signatures);
  // What it says itself may be no more than the consequence of what its log tells alone.
  const isConsequence = said === null || said.cause === 'data_corrupt' || said.cause === 'other';
  const noted = isConsequence ? readStartFailure(withoutMinorBinds(logged), signatures) : null;
  const failure = noted ?? said;
  return failure && (await isOver(failure, process.exit.at, places)) ? null : failure;
}

/** What a daemon needs free before it starts; source: nMinDiskSpace of Bitcoin Core, with room for the first block file. */
const DISK_NEEDED_BYTES = 100_000_000;

const LOCK_BELIEVED_MS = 10_000;

/** Whether what a daemon died of is gone meanwhile, so that its words are no reason any more not to start it. */
async function isOver(
  { cause, line }: DaemonStartFailure,
  at: string,
  places: DaemonPlaces,
): Promise<boolean> {
  switch (cause) {
    case 'lock_held': {
      // A holder in another container is not to be seen: the lock that has just refused us is believed.
      if (Date.now() - Date.parse(at) < LOCK_BELIEVED_MS) return false;
      const holders = await Promise.all(places.locks.map(lockHolders));
      return holders.every(({ length }) => length === 0);
    }
    case 'bad_config':
      return (await changedAtMs(places.configFile)) > Date.parse(at);
    case 'bad_settings':
      return (await changedAtMs(places.settingsFile)) > Date.parse(at);
    case 'resource_exhausted':
      return /[Dd]isk space/.test(line) && (await diskFree(places.folder)).freeBytes > DISK_NEEDED_BYTES;
    default:
      return false;
  }
}
