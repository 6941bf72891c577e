import type { MinerSpec } from '../../core/environment.ts';
import type { MinerFacts } from '../../core/observation.ts';
import { bitcoind } from './bitcoind.ts';
import type { Observed } from './kind.ts';
import { readMinerWords } from './minerd-log.ts';
import { poolKind } from './pools.ts';
import { daemonMember, type Member, markerOf, poolMember } from './stack.ts';
import { lastOutput, observeProcess } from './supervised.ts';

/** When each miner's count of accepted shares last changed, by marker and process. */
const progress = new Map<string, { pid: number; accepted: number; since: number }>();

/** What any miner of minerd's family shows: its process, and its words about shares and connection. */
export async function observeMiner(member: Member<MinerSpec>, url: string): Promise<Observed<MinerFacts>> {
  const pool = poolMember(member.stack);
  const [process, words, poolPort] = await Promise.all([
    observeProcess(member),
    lastOutput(member).then(readMinerWords),
    poolKind(pool).port(pool),
  ]);
  const port = Number(/:(\d+)\/?$/.exec(url)?.[1]);
  return {
    role: 'miner',
    component: member.ref.name,
    process,
    pointsAtPort: Number.isInteger(port) ? port : null,
    poolPort,
    connection: words.connection,
    acceptedShares: words.acceptedShares,
    rejectedShares: words.rejectedShares,
    silentSeconds: process.state === 'down' ? null : silence(member, process.pid, words.acceptedShares),
    hashrate: words.hashrate,
    algorithm: await bitcoind.algorithm(daemonMember(member.stack)),
    startFailure: null,
  };
}

function silence(member: Member, pid: number, accepted: number): number {
  const marker = markerOf(member);
  const last = progress.get(marker);
  const now = performance.now();
  if (last && last.pid === pid && last.accepted === accepted) return (now - last.since) / 1000;
  progress.set(marker, { pid, accepted, since: now });
  return 0;
}
