import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { identityOf } from '../../worker/host/process.ts';
import { signalGroup } from '../../worker/host/stop.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../support/davylamp.ts';
import { temporaryFolder } from '../support/folder.ts';
import { needs } from '../support/packages.ts';

const SETUP = 'mining-infrastructure-setup';

needs('litecoind').describe('the watch', () => {
  test('finds what dies while no run is at work, and heals it in a run of its own', async () => {
    // No look but the one that an alarm calls for.
    const settingsFile = join(await temporaryFolder(), 'settings.json');
    await writeFile(settingsFile, JSON.stringify({ detectionIntervalSeconds: 3_600 }));
    const davylamp = await startDavylamp({ settingsFile });
    expect(await davylamp.untilFinished((await davylamp.post(SETUP)).id)).toMatchObject({
      status: 'succeeded',
    });

    for (const component of ['daemon', 'pool', 'miner-1']) {
      const before = await recoveries(davylamp);
      const [pid = 0] = await davylamp.pidsOf(component);
      await signal(pid, 'SIGKILL');
      const run = await healedRun(davylamp, before.length + 1);
      expect(run, JSON.stringify(run)).toMatchObject({
        status: 'succeeded',
        outcome: 'healthy',
        incidents: [{ component, failure: 'process_down', status: 'resolved' }],
      });
      expect(await davylamp.pidsOf(component)).toHaveLength(1);
    }

    // What is stopped on purpose stays stopped.
    const stopped = await recoveries(davylamp);
    expect(await davylamp.untilFinished((await davylamp.post('mining-stack-stop')).id)).toMatchObject({
      status: 'succeeded',
    });
    expect(await davylamp.untilFinished((await davylamp.post('mining-health-check')).id)).toMatchObject({
      outcome: 'healthy',
    });
    expect(await recoveries(davylamp)).toHaveLength(stopped.length);
  }, 300_000);
});

async function recoveries(davylamp: Davylamp): Promise<SeenRun[]> {
  const answer = await davylamp.fetch('/v1/runs?pipeline=mining-stack-recovery');
  return ((await answer.json()) as { items: SeenRun[] }).items;
}

async function healedRun(davylamp: Davylamp, count: number): Promise<SeenRun> {
  const [newest] = await waitUntil(
    async () => {
      const runs = await recoveries(davylamp);
      return runs.length >= count ? runs : null;
    },
    { timeoutMs: 20_000, intervalMs: 50, what: 'the watch starts a recovery' },
  );
  return await davylamp.untilFinished(newest?.id ?? '', 90_000);
}

async function signal(pid: number, name: NodeJS.Signals): Promise<void> {
  const identity = identityOf(pid);
  if (!identity) throw new Error(`there is no process ${pid}`);
  expect(await signalGroup(identity, name)).toEqual({ sent: true });
}
