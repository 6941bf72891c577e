import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Squatter } from '../../cli/demo/squatter.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { probeStratum } from '../../worker/host/stratum.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

const SETUP = 'mining-infrastructure-setup';

needs('litecoind').describe('the scenarios of the specification, step by step', () => {
  test('1: Stratum says that it listens and does not: the next port that is free, the miner follows', async () => {
    const davylamp = await startDavylamp();
    const squatter = new Squatter();
    const [second = 0, third = 0] = davylamp.ports.stratumFallbacks;
    await squatter.take(davylamp.ports.stratum);
    await squatter.take(second);
    try {
      const { id } = await davylamp.post(SETUP);
      const run = await davylamp.untilFinished(id);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });

      // verify_pool_daemon -connection_failed-> recover_infrastructure -recovery_successful-> verify_pool_daemon
      expect(decisionsOf(run)).toEqual([
        'start_pool:pool_started',
        'verify_pool_daemon:connection_failed',
        'recover_infrastructure:recovery_successful',
        'verify_pool_daemon:connection_verified',
        'configure_miner:miner_configured',
      ]);
      // The log claims what the port denies: it is the port that was believed.
      expect(await readFile(join(davylamp.labDirectory, 'pool', 'pool.log'), 'utf8')).toMatch(/listening/i);
      expect(run.incidents).toMatchObject([
        {
          component: 'pool',
          failure: 'stratum_port_conflict',
          status: 'resolved',
          recoveryAttempts: [{ number: 1, delaySeconds: 0, outcome: 'recovery_successful' }],
        },
      ]);
      // A port that somebody holds is not worth a restart: the ladder goes to the one that is free.
      expect(actionsOf(run)).toEqual(
        expect.arrayContaining([`move_stratum_port ${third}`, 'start pool', 'redirect_miners']),
      );
      expect(actionsOf(run)).not.toContain(`move_stratum_port ${second}`);
      expect(await probe(third)).toBe('working');
      const miner = await readFile(join(davylamp.labDirectory, 'miner', 'miner-1.json'), 'utf8');
      expect(JSON.parse(miner)).toMatchObject({ url: expect.stringContaining(`:${third}`) });
    } finally {
      await squatter.release();
    }
  }, 180_000);

  test('2: the daemon dies in the middle: started again, proven, and the pipeline goes on where it was', async () => {
    const davylamp = await startDavylamp();
    const { id } = await davylamp.post(SETUP);
    await davylamp.until(id, 'start_pool begins', ({ currentStage }) => currentStage === 'start_pool');
    const height = Number(await davylamp.rpc('getblockcount'));
    const [daemon = 0] = await davylamp.pidsOf('daemon');
    process.kill(daemon, 'SIGKILL');

    const run = await davylamp.untilFinished(id, 150_000);
    expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
    expect(run.incidents.length).toBeGreaterThanOrEqual(1);
    expect(run.incidents[0]).toMatchObject({ component: 'daemon', status: 'resolved' });
    expect(run.incidents[0]?.recoveryAttempts[0]).toMatchObject({ number: 1, delaySeconds: 0 });
    // Stages before the one that failed are not done again.
    const once = run.stages.filter(({ id: stage }) => ['generate_configs', 'fund_wallet'].includes(stage));
    expect(once.map(({ attempts }) => attempts)).toEqual([1, 1]);
    expect(actionsOf(run)).toEqual(expect.arrayContaining(['clear_stale_locks daemon', 'start daemon']));
    // `.lock` is always left behind and never hinders a start: it is not a thing to delete.
    await stat(join(davylamp.labDirectory, 'daemon', 'regtest', '.lock'));
    expect(Number(await davylamp.rpc('getblockcount'))).toBeGreaterThanOrEqual(height);
    expect(await davylamp.pidsOf('daemon')).toHaveLength(1);
  }, 240_000);

  test('3: the pool loses the daemon: the daemon first, then its credentials, then the pool', async () => {
    const davylamp = await startDavylamp();
    const setup = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
    expect(setup).toMatchObject({ status: 'succeeded' });
    const pool = await davylamp.pidsOf('pool');

    // The daemon is down: it is repaired, and a pool that comes back by itself is left alone.
    const [daemon = 0] = await davylamp.pidsOf('daemon');
    const first = await healingOf(davylamp, () => process.kill(daemon, 'SIGKILL'));
    expect(first, JSON.stringify(first)).toMatchObject({
      status: 'succeeded',
      incidents: [{ component: 'daemon', failure: 'process_down', status: 'resolved' }],
    });
    expect(actionsOf(first)[0]).toMatch(/ daemon$/);
    expect(await davylamp.pidsOf('pool')).toEqual(pool);

    // The daemon is up, the pool's credentials are wrong: that side is mended, and the pool started anew.
    const file = join(davylamp.labDirectory, 'pool', 'pool.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, daemon: { ...config.daemon, password: 'wrong' } }));
    const second = await healingOf(davylamp, () => process.kill(pool[0] ?? 0, 'SIGKILL'));
    expect(second, JSON.stringify(second)).toMatchObject({ status: 'succeeded' });
    expect(second.incidents.map(({ component, status }) => [component, status])).toEqual([
      ['pool', 'resolved'],
    ]);
    expect(actionsOf(second)).toEqual(expect.arrayContaining(['align_credentials pool', 'start pool']));
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(config);
    expect(await davylamp.pidsOf('daemon')).not.toContain(daemon);
    // Connected is what gives work on the daemon's tip, not what says so in a log.
    expect(await probe(davylamp.ports.stratum)).toBe('working');
  }, 180_000);
});

/** Decisions in the order in which they were taken, from the start of the pool to the configured miner. */
function decisionsOf(run: SeenRun): string[] {
  const taken = run.attempts
    .filter(({ kind }) => kind === 'stage')
    .map(({ stageId, decision }) => `${stageId}:${decision}`);
  const from = taken.findIndex((one) => one.startsWith('start_pool'));
  return taken.slice(from, taken.findIndex((one) => one.startsWith('configure_miner')) + 1);
}

function actionsOf(run: SeenRun): string[] {
  return run.incidents
    .flatMap(({ recoveryAttempts }) => recoveryAttempts)
    .flatMap(({ actions }) => actions)
    .map(({ type, component, port }) => [type, port ?? component].filter(Boolean).join(' '));
}

async function probe(port: number): Promise<string> {
  const login = { host: '127.0.0.1', port, username: 'davylamp', password: 'x', timeoutMs: 5_000 };
  return (await probeStratum(login)).outcome;
}

/** Breaks something, and returns the run in which the watch dealt with it. */
async function healingOf(davylamp: Davylamp, harm: () => void): Promise<SeenRun> {
  const before = await recoveries(davylamp);
  harm();
  const [newest] = await waitUntil(
    async () => {
      const runs = await recoveries(davylamp);
      return runs.length > before.length ? runs : null;
    },
    { timeoutMs: 30_000, intervalMs: 50, what: 'the watch starts a recovery' },
  );
  return await davylamp.untilFinished(newest?.id ?? '', 90_000);
}

async function recoveries(davylamp: Davylamp): Promise<SeenRun[]> {
  const answer = await davylamp.fetch('/v1/runs?pipeline=mining-stack-recovery');
  return ((await answer.json()) as { items: SeenRun[] }).items;
}
