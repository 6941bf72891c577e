import type { MinerSpec } from '../../core/environment.ts';
import type { MinerFacts } from '../../core/observation.ts';
import { tailFile } from '../host/logfile.ts';
import { daemonAlgorithm } from './daemon-kinds.ts';
import type { Observed } from './kind.ts';
import { lastStartFailure } from './last-start.ts';
import { usesAlternative } from './miner-choice.ts';
import { readMinerWords } from './minerd-log.ts';
import { poolKind } from './pool-kinds.ts';
import { type Member, markerOf, pathOf, poolMember } from './stack.ts';
import { lastOutput, observeProcess, type StartSignature } from './supervised.ts';

/** When each miner's count of accepted shares last changed, by marker and process. */
const progress = new Map<string, { pid: number; accepted: number; since: number }>();

export interface MinerLookOptions {
  /** Where its configuration sends it; `null`: not known. */
  url: string | null;
  /** Whether its configuration has the login of `davy.json`; `null`: not known. */
  loginMatches: boolean | null;
  signatures: readonly StartSignature[];
  /** The files that it reads at its start. */
  configFiles: readonly string[];
}

/** What any miner of minerd's family shows: its process, and its words about shares and connection. */
export async function observeMiner(
  member: Member<MinerSpec>,
  { url, loginMatches, signatures, configFiles }: MinerLookOptions,
): Promise<Observed<MinerFacts>> {
  const pool = poolMember(member.stack);
  const [process, output, poolPort] = await Promise.all([
    observeProcess(member),
    lastOutput(member),
    // A pool's configuration that cannot be read is the pool's failure, not the miner's.
    poolKind(pool)
      .port(pool)
      .catch(() => pool.spec.stratumPort),
  ]);
  const words = readMinerWords(output || (await loggedWords(member)));
  const port = Number(/:(\d+)\/?$/.exec(url ?? '')?.[1]);
  return {
    role: 'miner',
    component: member.ref.name,
    process,
    pointsAtPort: Number.isInteger(port) ? port : null,
    poolPort,
    connection: words.connection,
    acceptedShares: words.acceptedShares,
    rejectedShares: words.rejectedShares,
    recentShares: words.recentShares,
    loginMatches,
    alternative: usesAlternative(member.stack.stateDirectory, member.ref.name),
    silentSeconds: process.state === 'down' ? null : silence(member, process.pid, words.acceptedShares),
    hashrate: words.hashrate,
    algorithm: await daemonAlgorithm(member.stack),
    startFailure: await lastStartFailure(member, process, signatures, configFiles),
  };
}

const LOG_TAIL_BYTES = 64 * 1024;

/** The end of its declared logs, for miners that are silent where we listen. */
async function loggedWords(member: Member): Promise<string> {
  const files = member.spec.logFiles.map((file) => pathOf(member, file));
  const tails = await Promise.all(files.map((file) => tailFile(file, LOG_TAIL_BYTES).catch(() => '')));
  return tails.join('\n');
}

function silence(member: Member, pid: number, accepted: number): number {
  const marker = markerOf(member);
  const last = progress.get(marker);
  const now = performance.now();
  if (last && last.pid === pid && last.accepted === accepted) return (now - last.since) / 1000;
  progress.set(marker, { pid, accepted, since: now });
  return 0;
}
