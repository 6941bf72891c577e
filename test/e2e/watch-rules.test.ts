import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Squatter } from '../../cli/demo/squatter.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

needs('litecoind').describe('the watch', () => {
  test('looks on during maintenance and where recovery is switched off, and heals what hangs', async () => {
    const settingsFile = join(await mkdtemp(join(tmpdir(), 'davy-settings-')), 'settings.json');
    onTestFinished(() => rm(dirname(settingsFile), { recursive: true }));
    const settings = (autoRecoveryEnabled: boolean) =>
      writeFile(settingsFile, JSON.stringify({ autoRecoveryEnabled, detectionIntervalSeconds: 1 }));
    await settings(true);
    const davylamp = await startDavylamp({ settingsFile });
    const setup = await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    expect(setup).toMatchObject({ status: 'succeeded' });

    // Somebody works on the stack: what breaks is seen and said, and left alone until he is done.
    expect(await maintenance(davylamp, 'POST')).toBe(200);
    await kill(davylamp, 'pool');
    await untilSeen(davylamp, 'pool:process_down');
    expect(await recoveries(davylamp)).toEqual([]);
    expect(await davylamp.pidsOf('pool')).toEqual([]);
    expect(await maintenance(davylamp, 'DELETE')).toBe(204);
    await healed(davylamp, 1, { component: 'pool', failure: 'process_down' });

    // The settings say that nothing is to be repaired; the next incident heeds a change, without a restart.
    await untilSeen(davylamp, '');
    await settings(false);
    await kill(davylamp, 'miner-1');
    await untilSeen(davylamp, 'miner-1:process_down');
    expect(await recoveries(davylamp)).toHaveLength(1);
    await settings(true);
    await healed(davylamp, 2, { component: 'miner-1', failure: 'process_down' });

    // A process that is there and answers nobody.
    await untilSeen(davylamp, '');
    const [daemon = 0] = await davylamp.pidsOf('daemon');
    process.kill(daemon, 'SIGSTOP');
    await healed(davylamp, 3, { component: 'daemon', failure: 'rpc_timeout' });
    expect(await davylamp.pidsOf('daemon')).not.toContain(daemon);
  }, 240_000);

  test('keeps its hands off where maintenance begins while its own recovery waits for its next attempt', async () => {
    const settingsFile = join(await mkdtemp(join(tmpdir(), 'davy-settings-')), 'settings.json');
    onTestFinished(() => rm(dirname(settingsFile), { recursive: true }));
    await writeFile(settingsFile, JSON.stringify({ recoveryBackoffSeconds: [BACKOFF_SECONDS] }));
    const davylamp = await startDavylamp({ settingsFile });
    await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    const squatter = new Squatter();
    onTestFinished(() => squatter.release());
    // What nothing mends: a pool that is down, and each of its ports in other hands.
    await maintenance(davylamp, 'POST');
    await kill(davylamp, 'pool');
    for (const port of [davylamp.ports.stratum, ...davylamp.ports.stratumFallbacks])
      await waitUntil(() => squatter.take(port), {
        timeoutMs: 10_000,
        intervalMs: 20,
        what: `port ${port} is in other hands`,
      });
    await maintenance(davylamp, 'DELETE');
    const { id } = await firstRecovery(davylamp);
    const waits = ({ status }: SeenRun) => status === 'waiting_retry';
    const waiting = await davylamp.until(id, 'its recovery waits for its next attempt', waits);

    expect(await maintenance(davylamp, 'POST')).toBe(200);
    const ended = await davylamp.untilFinished(id, (BACKOFF_SECONDS * 1000) / 2);
    expect(ended).toMatchObject({
      status: 'cancelled',
      incidents: [{ escalation: { reason: 'cancelled' } }],
    });
    expect(begunRecoveries(ended)).toEqual(begunRecoveries(waiting));

    await squatter.release();
    expect(await maintenance(davylamp, 'DELETE')).toBe(204);
    await healed(davylamp, 2, { component: 'pool', failure: 'process_down' });
  }, 240_000);
});

/** Long enough that the maintenance comes before the next attempt. */
const BACKOFF_SECONDS = 60;

function begunRecoveries({ attempts }: SeenRun): string[] {
  return attempts.flatMap(({ id, kind, startedAt }) => (kind === 'recovery' && startedAt ? [id] : []));
}

async function firstRecovery(davylamp: Davylamp): Promise<SeenRun> {
  const wait = { timeoutMs: 30_000, intervalMs: 50, what: 'the watch starts a recovery' };
  return await waitUntil(async () => (await recoveries(davylamp))[0] ?? null, wait);
}

async function kill(davylamp: Davylamp, component: string): Promise<void> {
  const [pid = 0] = await davylamp.pidsOf(component);
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, 'SIGKILL');
}

async function maintenance(davylamp: Davylamp, method: 'POST' | 'DELETE'): Promise<number> {
  const answer = await davylamp.fetch('/v1/environments/lab/maintenance', {
    method,
    ...(method === 'POST' && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'a new disk' }),
    }),
  });
  return answer.status;
}

/** Waits until the environment's own page shows exactly these findings. */
async function untilSeen(davylamp: Davylamp, root: string): Promise<void> {
  await waitUntil(
    async () => {
      const answer = await davylamp.fetch('/v1/environments/lab');
      const { health } = (await answer.json()) as { health: { diagnoses: Finding[] } | null };
      const [first] = health?.diagnoses ?? [];
      return health !== null && (first ? `${first.component}:${first.failure}` : '') === root;
    },
    { timeoutMs: 30_000, intervalMs: 50, what: `the watch sees "${root}"` },
  );
}

interface Finding {
  component: string;
  failure: string;
}

async function healed(davylamp: Davylamp, count: number, incident: Finding): Promise<void> {
  const [newest] = await waitUntil(
    async () => {
      const runs = await recoveries(davylamp);
      return runs.length >= count ? runs : null;
    },
    { timeoutMs: 30_000, intervalMs: 50, what: 'the watch starts a recovery' },
  );
  const run = await davylamp.untilFinished(newest?.id ?? '', 90_000);
  expect(run, JSON.stringify(run)).toMatchObject({
    status: 'succeeded',
    incidents: [{ ...incident, status: 'resolved' }],
  });
}

async function recoveries(davylamp: Davylamp): Promise<SeenRun[]> {
  const answer = await davylamp.fetch('/v1/runs?pipeline=mining-stack-recovery');
  return ((await answer.json()) as { items: SeenRun[] }).items;
}
