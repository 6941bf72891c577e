import type { PoolSpec } from '../../core/environment.ts';
import { poolKind } from '../components/index.ts';
import { type Member, reveal } from '../components/stack.ts';
import { holdStratumSession, type StratumFailure, type StratumSession } from '../host/stratum.ts';
import { Heart } from './heart.ts';
import { BEAT_MS, BEAT_TIMEOUT_MS, type Beat, beating, MISSES_MAX, type Pulse } from './pulse.ts';

/** The pulse of a pool, and the block that its last job builds on. */
export interface PoolPulse extends Pulse {
  previousBlockHash(): string | null;
}

/** Whether a pool answers on a session that is held open, as a miner's is: a reset connection is known at once. */
export function poolPulse(member: Member<PoolSpec>, onChange: () => void): PoolPulse {
  const heart = new Heart(onChange);
  let session: Promise<StratumSession | null> | null = null;
  let previousBlockHash: string | null = null;
  let closed = false;

  const judged = (opened: StratumSession | StratumFailure): StratumSession | null => {
    if (opened.outcome === 'working') {
      previousBlockHash = opened.job.previousBlockHash;
      heart.good();
      return opened;
    }
    if (opened.outcome === 'silent' || opened.outcome === 'no_job') heart.missed(opened.detail, MISSES_MAX);
    else heart.bad(opened.detail);
    return null;
  };
  const open = async (): Promise<StratumSession | null> => {
    const { spec } = member;
    const login = {
      host: spec.host,
      port: await poolKind(member).port(member),
      username: spec.login.username,
      password: reveal(spec.login.password, 'pool.login.password'),
      timeoutMs: BEAT_TIMEOUT_MS,
    };
    const opened = await holdStratumSession(login, {
      onJob: (job) => {
        previousBlockHash = job.previousBlockHash;
      },
      onClosed: () => {
        session = null;
        // Pools do close idle sessions: the next one tells whether it is trouble, and is opened at once.
        if (!closed) void beat().catch(() => {});
      },
    });
    return judged(opened);
  };
  const beat = async (): Promise<Beat> => {
    session ??= open();
    const held = await session.catch(() => null);
    if (held === null) session = null;
    else if (closed) held.close();
    else if ((await held.ping(BEAT_TIMEOUT_MS)) !== null) heart.good();
    else if (session !== null && heart.missed(`no answer within ${BEAT_TIMEOUT_MS} ms`, MISSES_MAX))
      return 'missed';
    return 'felt';
  };
  const stop = beating(BEAT_MS, beat);
  return {
    trouble: () => heart.trouble,
    previousBlockHash: () => previousBlockHash,
    close() {
      closed = true;
      stop();
      void session?.then((held) => held?.close()).catch(() => {});
    },
  };
}
