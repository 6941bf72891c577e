import { holdStratumSession } from './stratum-session.ts';
import type { StratumFailure, StratumLogin } from './stratum-types.ts';
import type { StratumJob } from './stratum-wire.ts';

export { holdStratumSession } from './stratum-session.ts';
export type {
  StratumFailure,
  StratumLogin,
  StratumSession,
  StratumStep,
  StratumWatcher,
} from './stratum-types.ts';
export type { StratumJob } from './stratum-wire.ts';

export type StratumProbe = { outcome: 'working'; job: StratumJob; elapsedMs: number } | StratumFailure;

/** Goes through a miner's first steps, up to the first job, and says how far the pool came. Never throws. */
export async function probeStratum(login: StratumLogin): Promise<StratumProbe> {
  const session = await holdStratumSession(login);
  if (session.outcome !== 'working') return session;
  session.close();
  return { outcome: 'working', job: session.job, elapsedMs: session.elapsedMs };
}
