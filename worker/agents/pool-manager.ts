import { setTimeout as pause } from 'node:timers/promises';
import type { Observation } from '../../core/observation.ts';
import { poolKind } from '../components/index.ts';
import { bootPool } from '../components/payout.ts';
import { poolMember } from '../components/stack.ts';
import { type Executors, failed, type StageContext, succeeded } from './agent.ts';

/** How long a process may live without a sign before it counts as up: a pool that cannot start is gone by then. */
const PROOF_MS = 1_500;
const POLL_MS = 50;

export const poolManager: Executors<'start_pool' | 'stop_pool'> = {
  async start_pool(context) {
    const pool = poolMember(context.stack);
    await context.want([pool], 'running');
    const started = await bootPool(context.stack);
    const { pool: facts } = await untilProven(context);
    const evidence = { ...started, process: facts.process, stratumPort: facts.stratumPort };
    if (facts.process.state === 'down')
      return failed(
        'process_down',
        facts.startFailure?.line ?? 'the pool ended right after its start',
        evidence,
      );
    return succeeded(evidence);
  },

  async stop_pool(context) {
    const pool = poolMember(context.stack);
    await context.want([pool], 'stopped');
    const stopped = await poolKind(pool).stop(pool, { force: false });
    const { pool: facts } = await context.observe();
    return facts.process.state === 'down'
      ? succeeded({ stopped })
      : failed('still_running', `the pool is still running: ${stopped}`);
  },
};

/** Until the pool has its port, is gone, or has lived long enough. What its port is worth is another stage's concern. */
async function untilProven({ observe, signal }: StageContext): Promise<Observation> {
  const endsAt = performance.now() + PROOF_MS;
  for (;;) {
    const observation = await observe();
    const { process, stratumPort } = observation.pool;
    if (process.state === 'down' || stratumPort.holder === 'ours' || performance.now() >= endsAt)
      return observation;
    await pause(POLL_MS, undefined, { signal });
  }
}
