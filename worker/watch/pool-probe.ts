import type { PoolSpec } from '../../core/environment.ts';
import { poolKind } from '../components/index.ts';
import { type Member, reveal } from '../components/stack.ts';
import { holdStratumSession, type StratumFailure, type StratumSession } from '../host/stratum.ts';
import { Heartbeat } from './heartbeat.ts';
import {
  MISSES_MAX,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
  type Probe,
  type ProbeResult,
  repeatProbe,
} from './probe.ts';

/** The probe of a pool, and the block that its last job builds on. */
export interface PoolProbe extends Probe {
  previousBlockHash(): string | null;
}

/** How often a pool that leaves our question without an answer is asked by a session of its own. */
const MUTE_MS = 2_000;

/** Whether a pool answers on a session that is held open, as a miner's is: a reset connection is known at once. */
export function poolProbe(member: Member<PoolSpec>, onChange: () => void): PoolProbe {
  const heartbeat = new Heartbeat(onChange);
  let session: Promise<StratumSession | null> | null = null;
  let previousBlockHash: string | null = null;
  let closed = false;
  let openedAt = 0;
  /** Its last session gave no answer; where the next one works all the same, it does not know the question. */
  let isDoubted = false;
  let isMute = false;

  const judged = (opened: StratumSession | StratumFailure): StratumSession | null => {
    if (opened.outcome === 'working') {
      previousBlockHash = opened.job.previousBlockHash;
      openedAt = performance.now();
      isMute ||= isDoubted;
      isDoubted = false;
      heartbeat.succeeded();
      return opened;
    }
    if (opened.outcome === 'silent' || opened.outcome === 'no_job')
      heartbeat.missed(opened.detail, MISSES_MAX);
    else heartbeat.failed(opened.detail);
    return null;
  };
  const open = async (): Promise<StratumSession | null> => {
    const { spec } = member;
    const login = {
      host: spec.host,
      port: await poolKind(member).port(member),
      username: spec.login.username,
      password: reveal(spec.login.password, 'pool.login.password'),
      timeoutMs: PROBE_TIMEOUT_MS,
    };
    const opened = await holdStratumSession(login, {
      onJob: (job) => {
        previousBlockHash = job.previousBlockHash;
      },
      onClosed: () => {
        session = null;
        // Pools do close idle sessions: the next one tells whether it is trouble, and is opened at once.
        if (!closed) void probe().catch(() => {});
      },
    });
    return judged(opened);
  };
  const probe = async (): Promise<ProbeResult> => {
    session ??= open();
    const held = await session.catch(() => null);
    if (held === null) session = null;
    else if (closed) held.close();
    else if ((await held.ping(PROBE_TIMEOUT_MS)) !== null) {
      isMute = false;
      heartbeat.succeeded();
    } else if (session !== null) return unanswered(held);
    return 'settled';
  };
  /** A pool need not know what we ask: whether it hangs is told by a new session, for which it needs to say more. */
  const unanswered = (held: StratumSession): ProbeResult => {
    if (isMute && performance.now() - openedAt < MUTE_MS) return 'settled';
    session = null;
    held.close();
    isDoubted = true;
    const counts = !isMute && heartbeat.missed(`no answer within ${PROBE_TIMEOUT_MS} ms`, MISSES_MAX);
    return counts ? 'missed' : 'settled';
  };
  const stop = repeatProbe(PROBE_INTERVAL_MS, probe);
  return {
    trouble: () => heartbeat.trouble,
    previousBlockHash: () => previousBlockHash,
    close() {
      closed = true;
      stop();
      void session?.then((held) => held?.close()).catch(() => {});
    },
  };
}
