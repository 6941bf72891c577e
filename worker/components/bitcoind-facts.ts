import type { DaemonSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import type { DaemonFacts, ProcessFact, RpcFact, TemplateFact } from '../../core/observation.ts';
import { tailFile } from '../host/logfile.ts';
import { type RpcEndpoint, RpcError, rpcCall } from '../host/rpc.ts';
import type { Observed } from './kind.ts';
import type { Member } from './stack.ts';
import {
  lastOutput,
  observePort,
  observeProcess,
  readStartFailure,
  type StartSignature,
} from './supervised.ts';

export interface DaemonProbe {
  endpoint: () => Promise<RpcEndpoint>;
  p2pPort: number;
  debugLog: string;
  templateRules: readonly string[];
}

/** What a daemon says when it cannot start, most telling first; matched on Bitcoin Core 28 and Litecoin Core 0.21. */
const START_SIGNATURES: readonly StartSignature[] = [
  { pattern: /Cannot obtain a lock on|LOCK: Resource temporarily unavailable/, cause: 'lock_held' },
  {
    pattern: /Unable to start HTTP server|Unable to bind to|Failed to listen on any port/,
    cause: 'port_conflict',
  },
  { pattern: /Disk space is too low|Not enough file descriptors/, cause: 'resource_exhausted' },
  {
    pattern:
      /Corrupted block database|Error (opening|loading) block database|Error initializing block database/,
    cause: 'data_corrupt',
  },
  {
    pattern: /does not contain valid JSON|Invalid parameter|parse error on line|Error reading configuration/,
    cause: 'bad_config',
  },
];

const RPC_TIMEOUT_MS = 1_000;

export async function observeDaemon(
  member: Member<DaemonSpec>,
  probe: DaemonProbe,
): Promise<Observed<DaemonFacts>> {
  const endpoint = await probe.endpoint();
  const [process, rpcPort, p2pPort, rpc, template] = await Promise.all([
    observeProcess(member),
    observePort(member, endpoint.port),
    observePort(member, probe.p2pPort),
    askRpc(endpoint),
    member.ref.peer ? null : askTemplate(endpoint, probe.templateRules),
  ]);
  return {
    role: 'daemon',
    component: member.ref.name,
    peer: member.ref.peer,
    process,
    rpcPort,
    p2pPort,
    rpc,
    template: rpc.kind === 'ok' ? template : null,
    startFailure: await startFailure(member, process, probe.debugLog),
  };
}

async function askRpc(endpoint: RpcEndpoint): Promise<RpcFact> {
  try {
    const [chain, peers] = await Promise.all([
      rpcCall(endpoint, 'getblockchaininfo', [], { timeoutMs: RPC_TIMEOUT_MS }),
      rpcCall(endpoint, 'getconnectioncount', [], { timeoutMs: RPC_TIMEOUT_MS }),
    ]);
    const info = chain as { blocks: number; bestblockhash: string; chain: string };
    return {
      kind: 'ok',
      height: info.blocks,
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
    const template = await rpcCall(endpoint, 'getblocktemplate', [{ rules }], { timeoutMs: RPC_TIMEOUT_MS });
    return { kind: 'ok', height: (template as { height: number }).height };
  } catch (error) {
    return { kind: 'error', code: error instanceof RpcError ? error.code : null, detail: messageOf(error) };
  }
}

const LOG_TAIL_BYTES = 64 * 1024;
/** Each start of a daemon begins with `Bitcoin Core version v28.1.0` or the like. */
const START_BANNER = 'Core version v';

async function startFailure(
  member: Member,
  process: ProcessFact,
  debugLog: string,
): Promise<DaemonFacts['startFailure']> {
  // Killed or cleanly stopped daemons leave old words behind; only one that exited with an error meant them.
  if (process.state !== 'down' || process.exit === null || (process.exit.exitCode ?? 0) === 0) return null;
  const log = await tailFile(debugLog, LOG_TAIL_BYTES);
  const words = [log.slice(Math.max(0, log.lastIndexOf(START_BANNER))), await lastOutput(member)].join('\n');
  return readStartFailure(words, START_SIGNATURES);
}
