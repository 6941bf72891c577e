import { expect, test } from 'vitest';
import { Squatter } from '../../cli/demo/squatter.ts';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

needs('litecoind').describe('the delays between recovery attempts', () => {
  test('are 10, 30 and 60 seconds in truth, and then a person is called, once', async () => {
    const davylamp = await startDavylamp({ resettable: false });
    const squatter = new Squatter();
    // Every port that the pool may have: nothing that Davylamp may do mends it.
    for (const port of [davylamp.ports.stratum, ...davylamp.ports.stratumFallbacks])
      await squatter.take(port);
    try {
      const { id } = await davylamp.post('mining-infrastructure-setup');
      const waiting = await davylamp.until(
        id,
        'a retry is waited for',
        (run) => run.status === 'waiting_retry',
      );
      expect(waiting.nextAttemptAt).not.toBeNull();
      const run = await davylamp.untilFinished(id, 170_000);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({
        status: 'escalated',
        outcome: 'recovery_failed',
        incidents: [
          {
            component: 'pool',
            failure: 'stratum_port_conflict',
            status: 'escalated',
            escalation: { reason: 'attempts_exhausted' },
            recoveryAttempts: [0, 10, 30, 60].map((delaySeconds, index) => ({
              number: index + 1,
              delaySeconds,
              outcome: 'failed',
            })),
          },
        ],
      });
      // The pauses as they were, from the end of an attempt to the begin of the next: never early.
      const attempts = run.attempts.filter(({ kind }) => kind === 'recovery');
      const pauses = attempts.slice(1).map(({ startedAt }, index) => {
        return (Date.parse(startedAt) - Date.parse(attempts[index]?.finishedAt ?? '')) / 1000;
      });
      [10, 30, 60].forEach((delay, index) => {
        expect(pauses[index], `pause ${index + 1}`).toBeGreaterThanOrEqual(delay - 0.001);
      });
      // Nobody harmed who holds the ports, and nothing wiped.
      expect(Number(await davylamp.rpc('getblockcount'))).toBeGreaterThan(0);
    } finally {
      await squatter.release();
    }
  }, 240_000);
});
