import { expect, test } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { readStat } from '../../worker/host/proc.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

needs('litecoind').describe('escalation', () => {
  test('two killed at once are a cascade and healed; the fourth crash within ten minutes is a loop', async () => {
    const davylamp = await startDavylamp();
    const setup = await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    expect(setup).toMatchObject({ status: 'succeeded' });

    expect(await healingOf(davylamp, 'miner-1', 'pool')).toMatchObject({
      status: 'succeeded',
      incidents: [{ component: 'environment', failure: 'cascading', status: 'resolved' }],
    });
    for (let crash = 2; crash <= 3; crash++)
      expect(await healingOf(davylamp, 'pool')).toMatchObject({
        status: 'succeeded',
        incidents: [{ component: 'pool', failure: 'process_down', status: 'resolved' }],
      });

    const last = await healingOf(davylamp, 'pool');
    expect(last, JSON.stringify(last)).toMatchObject({
      status: 'escalated',
      incidents: [
        {
          component: 'pool',
          failure: 'process_down',
          status: 'escalated',
          escalation: { reason: 'crash_loop', detail: expect.stringMatching(/^pool crashed 4 times/) },
          // At once: no delay was waited for.
          recoveryAttempts: [{ number: 1, delaySeconds: 0, outcome: 'escalated' }],
        },
      ],
    });
    expect(await davylamp.pidsOf('pool')).toEqual([]);
    expect(await davylamp.pidsOf('miner-1')).toHaveLength(1);
  }, 120_000);
});

/** Kills components and returns the run in which the watch dealt with it. To the watch they died all at once. */
async function healingOf(davylamp: Davylamp, ...components: string[]): Promise<SeenRun> {
  const before = await recoveries(davylamp);
  const pids = (await Promise.all(components.map((component) => davylamp.pidsOf(component)))).flat();
  const worker = await davylamp.pidOf('worker');
  process.kill(worker, 'SIGSTOP');
  for (const pid of pids) if (pid > 1) process.kill(pid, 'SIGKILL');
  const areDead = async () => pids.every((pid) => (readStat(pid)?.state ?? 'Z') === 'Z');
  await waitUntil(areDead, {
    timeoutMs: 20_000,
    intervalMs: 5,
    what: `${components.join(' and ')} are dead`,
  });
  process.kill(worker, 'SIGCONT');
  const [newest] = await waitUntil(
    async () => {
      const runs = await recoveries(davylamp);
      return runs.length > before.length ? runs : null;
    },
    { timeoutMs: 20_000, intervalMs: 50, what: `the watch deals with ${components.join(' and ')}` },
  );
  return await davylamp.untilFinished(newest?.id ?? '');
}

async function recoveries(davylamp: Davylamp): Promise<SeenRun[]> {
  const answer = await davylamp.fetch('/v1/runs?pipeline=mining-stack-recovery');
  return ((await answer.json()) as { items: SeenRun[] }).items;
}
