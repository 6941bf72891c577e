import type { PoolSpec } from '../../core/environment.ts';
import type { PoolFacts, StratumFact } from '../../core/observation.ts';
import { RpcError, rpcCall } from '../host/rpc.ts';
import { probeStratum } from '../host/stratum.ts';
import { daemonEndpoint } from './daemon-kinds.ts';
import type { Observed } from './kind.ts';
import { lastStartFailure } from './last-start.ts';
import { reachOf } from './pool-reach.ts';
import { observePort } from './port-holder.ts';
import { type Member, reveal } from './stack.ts';
import { observeProcess, type StartSignature, watchMember } from './supervised.ts';

export interface PoolLookOptions {
  /** The Stratum port in the pool's own configuration. */
  port: number;
  /** What the pool's configuration has to log in to the daemon; `null`: not known. */
  daemonLogin: { username: string; password: string } | null;
  signatures: readonly StartSignature[];
  /** The files that it reads at its start. */
  configFiles: readonly string[];
  /** The rules that it names when it asks for work; missing: the daemon's own. */
  templateRules?: readonly string[];
}

const STRATUM_TIMEOUT_MS = 500;

/** What any Stratum pool shows from outside: its process, its port, and how far a miner's conversation comes. */
export async function observePool(
  member: Member<PoolSpec>,
  options: PoolLookOptions,
): Promise<Observed<PoolFacts>> {
  const { spec } = member;
  const [process, stratumPort] = await Promise.all([
    observeProcess(member),
    observePort(member, options.port),
  ]);
  const { host, other } = await reachOf(member);
  const isHere = host === spec.host;
  // Somebody else's port says nothing about our pool, and is not ours to talk to.
  const strange = stratumPort.holder === 'foreign';
  const watch = watchMember(member, STRATUM_TIMEOUT_MS / 4);
  const stratum = isHere && strange ? null : await askStratum(member, host, options.port);
  const effort = watch.end();
  const busy = stratum?.kind === 'silent' ? effort : null;
  const working = stratum?.kind === 'working';
  const mayBeThere = isHere ? stratumPort.holder === 'nobody' : !strange;
  const there =
    working || other === null || !mayBeThere ? null : await askStratum(member, other, options.port);
  const others = [spec.stratumPort, ...spec.fallbackPorts].filter((port) => port !== options.port);
  const [alternatives, daemonCredentialsAccepted, workRefused, startFailure] = await Promise.all([
    working ? [] : Promise.all(others.map((port) => observePort(member, port))),
    // A pool that is locked out goes on with its last job, whose block nobody will take.
    askCredentials(member, working && options.daemonLogin?.username === '' ? null : options.daemonLogin),
    working ? null : askForWork(member, options.templateRules),
    lastStartFailure(member, process, options.signatures, options.configFiles),
  ]);
  return {
    role: 'pool',
    component: member.ref.name,
    process,
    stratumPort,
    alternatives,
    stratum,
    ...(other !== null && there?.kind === 'working' && { answersAt: other }),
    daemonCredentialsAccepted,
    ...(workRefused !== null && { workRefused }),
    ...(busy !== null && { busy }),
    startFailure,
  };
}

async function askStratum({ spec }: Member<PoolSpec>, host: string, port: number): Promise<StratumFact> {
  const probe = await probeStratum({
    host,
    port,
    username: spec.login.username,
    password: reveal(spec.login.password, 'pool.login.password'),
    timeoutMs: STRATUM_TIMEOUT_MS,
  });
  if (probe.outcome === 'working')
    return {
      kind: 'working',
      previousBlockHash: probe.job.previousBlockHash,
      difficulty: probe.job.difficulty,
    };
  return { kind: probe.outcome, step: probe.step, detail: probe.detail };
}

/** Of getblocktemplate without a rule that the chain wants; source: Bitcoin Core's rpc/mining.cpp. */
const RULES_MISSING = -8;

/** Why the daemon has no work for a pool that asks like this one; `null` where it has, or something else is wrong. */
async function askForWork(
  { stack }: Member<PoolSpec>,
  rules: readonly string[] | undefined,
): Promise<string | null> {
  if (rules === undefined) return null;
  try {
    const endpoint = await daemonEndpoint(stack);
    await rpcCall(endpoint, 'getblocktemplate', [{ rules }], { timeoutMs: STRATUM_TIMEOUT_MS });
    return null;
  } catch (error) {
    return error instanceof RpcError && error.code === RULES_MISSING ? error.message : null;
  }
}

async function askCredentials(
  member: Member<PoolSpec>,
  login: PoolLookOptions['daemonLogin'],
): Promise<boolean | null> {
  if (login === null) return null;
  try {
    // A daemon's configuration that cannot be read is the daemon's failure, not the pool's.
    const { host, port } = await daemonEndpoint(member.stack);
    await rpcCall({ host, port, ...login }, 'getblockcount', [], { timeoutMs: STRATUM_TIMEOUT_MS });
    return true;
  } catch (error) {
    return error instanceof RpcError && error.kind === 'unauthorized' ? false : null;
  }
}
