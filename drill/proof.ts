import { open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { poolKind } from '../worker/components/index.ts';
import {
  type Member,
  minerMembers,
  outputFile,
  poolMember,
  reveal,
  type Stack,
} from '../worker/components/stack.ts';
import { probeStratum } from '../worker/host/stratum.ts';
import { nowMs } from './clock.ts';
import { askDaemon, writtenBytes } from './components.ts';
import type { Proven } from './fault.ts';

/** An observer from outside looks this often: what it says may be that much late, for Davylamp and floor alike. */
const FINE_POLL_MS = 5;
/** Answers of the daemon in a row that must be good. */
const GOOD_ANSWERS = 3;
/** Litecoin wants both; Bitcoin Core takes no offence at one that it does not know. */
const TEMPLATE_RULES = ['mweb', 'segwit'];

/** Waits for proofs. Begun right after the harm, so that a miner's old shares do not count. */
export interface Observer {
  /** The moment at which all of these were proven to work. @throws when the signal ends it first. */
  proven(layers: readonly Proven[], signal: AbortSignal): Promise<number>;
  /** The moment at which the chain had grown since the first look: work comes out at the other end. */
  grown(signal: AbortSignal): Promise<number>;
}

/** Looks at a stack from now on; `height` is what its chain must have at least. What is not timed is looked at less often. */
export async function observer(stack: Stack, height: number, pollMs = FINE_POLL_MS): Promise<Observer> {
  const miners = minerMembers(stack);
  const offsets = new Map(
    await Promise.all(
      miners.map(async (member) => [member.ref.name, await writtenBytes(member)] as [string, number]),
    ),
  );
  const proofs: Record<Proven, () => Promise<boolean>> = {
    daemon: () => daemonWorks(stack, height),
    pool: () => poolWorks(stack),
    miner: async () => {
      const shares = await Promise.all(
        miners.map((member) => hasShare(member, offsets.get(member.ref.name) ?? 0)),
      );
      return shares.every((accepted) => accepted);
    },
  };
  return {
    async proven(layers, signal) {
      const moments = await Promise.all(layers.map((layer) => untilTrue(proofs[layer], pollMs, signal)));
      return Math.max(...moments);
    },
    async grown(signal) {
      let start = Number.POSITIVE_INFINITY;
      return await untilTrue(
        async () => {
          const now = Number(await askDaemon(stack, 'getblockcount'));
          start = Math.min(start, now);
          return now > start;
        },
        pollMs,
        signal,
      );
    },
  };
}

async function untilTrue(
  check: () => Promise<boolean>,
  pollMs: number,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    if (await check().catch(() => false)) return nowMs();
    await pause(pollMs, undefined, { signal });
  }
}

async function daemonWorks(stack: Stack, heightBefore: number): Promise<boolean> {
  for (let good = 0; good < GOOD_ANSWERS; good++)
    if (Number(await askDaemon(stack, 'getblockcount')) < heightBefore) return false;
  await askDaemon(stack, 'getblocktemplate', [{ rules: TEMPLATE_RULES }]);
  return true;
}

/** A miner's first steps end with work, and the work builds on the daemon's tip. */
async function poolWorks(stack: Stack): Promise<boolean> {
  const pool = poolMember(stack);
  const { host, login } = pool.spec;
  const before = await askDaemon(stack, 'getbestblockhash');
  const probe = await probeStratum({
    host,
    port: await poolKind(pool).port(pool),
    username: login.username,
    password: reveal(login.password, 'pool.login.password'),
    timeoutMs: 1_000,
  });
  if (probe.outcome !== 'working') return false;
  // A block may come in between.
  const tips = [before, await askDaemon(stack, 'getbestblockhash')];
  return tips.includes(probe.job.previousBlockHash);
}

const ACCEPTED = /accepted: \d+\/\d+ .*yay/;

/** Whether the miner has told of an accepted share past this place of its output. */
async function hasShare(member: Member, offset: number): Promise<boolean> {
  const file = await open(outputFile(member));
  try {
    const { size } = await file.stat();
    if (size <= offset) return false;
    const { buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    return ACCEPTED.test(buffer.toString('utf8'));
  } finally {
    await file.close();
  }
}
