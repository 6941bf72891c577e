import { resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Squatter } from '../../cli/demo/squatter.ts';
import { identityOf } from '../../worker/host/process.ts';
import { signalGroup } from '../../worker/host/stop.ts';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

const SETUP = 'mining-infrastructure-setup';
const SETUP_STAGES = [
  'verify_dependencies',
  'generate_configs',
  'start_daemon',
  'fund_wallet',
  'start_pool',
  'verify_pool_daemon',
  'configure_miner',
  'infrastructure_ready',
];

needs('litecoind').describe('a pipeline on a real stack', () => {
  test('sets up daemon, pool and miner, and a second run finds them as they are', async () => {
    const davylamp = await startDavylamp();
    const first = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
    expect(first).toMatchObject({ status: 'succeeded', outcome: 'complete', incidents: [] });
    expect(first.attempts.map(({ stageId }) => stageId)).toEqual(SETUP_STAGES);
    const pids = await Promise.all(
      ['daemon', 'peer-1', 'pool', 'miner-1'].map((name) => davylamp.pidsOf(name)),
    );
    expect(pids.map(({ length }) => length)).toEqual([1, 1, 1, 1]);

    const second = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
    expect(second).toMatchObject({ status: 'succeeded', incidents: [] });
    expect(
      await Promise.all(['daemon', 'peer-1', 'pool', 'miner-1'].map((name) => davylamp.pidsOf(name))),
    ).toEqual(pids);

    const stopped = await davylamp.untilFinished((await davylamp.post('mining-stack-stop')).id);
    expect(stopped.status).toBe('succeeded');
    expect(await davylamp.pidsOf('daemon')).toEqual([]);
  }, 180_000);

  test.skipIf(redisMissing)(
    'runs with the queue on Redis as well',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.stop());
      const davylamp = await startDavylamp({ redisUrl: redis.url });
      const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
    },
    120_000,
  );

  test('moves a pool that only says it listens to the next port', async () => {
    const davylamp = await startDavylamp();
    const squatter = new Squatter();
    await squatter.take(davylamp.ports.stratum);
    try {
      const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
      expect(run.incidents).toMatchObject([
        {
          component: 'pool',
          failure: 'stratum_port_conflict',
          status: 'resolved',
          recoveryAttempts: [{ number: 1, outcome: 'recovery_successful', delaySeconds: 0 }],
        },
      ]);
      expect(run.stages.find(({ id }) => id === 'verify_pool_daemon')).toMatchObject({ attempts: 2 });
    } finally {
      await squatter.release();
    }
  }, 180_000);

  test.each(['fund_wallet', 'start_pool'])(
    'heals a daemon that is killed during %s',
    async (stage) => {
      const davylamp = await startDavylamp();
      const { id } = await davylamp.post(SETUP);
      await davylamp.until(id, `${stage} begins`, ({ currentStage }) => currentStage === stage);
      const before = Number(await davylamp.rpc('getblockcount'));
      const [daemon = 0] = await davylamp.pidsOf('daemon');
      await kill(daemon);

      const run = await davylamp.untilFinished(id, 150_000);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
      expect(run.incidents.every(({ status }) => status === 'resolved')).toBe(true);
      expect(Number(await davylamp.rpc('getblockcount'))).toBeGreaterThanOrEqual(before);
      const daemons = await davylamp.pidsOf('daemon');
      expect(daemons).toHaveLength(1);
      expect(daemons).not.toContain(daemon);
    },
    240_000,
  );

  test('goes on with a new worker when the worker is killed, and starts nothing twice', async () => {
    const davylamp = await startDavylamp();
    const { id } = await davylamp.post(SETUP);
    await davylamp.until(id, 'start_pool begins', ({ currentStage }) => currentStage === 'start_pool');
    const daemon = await davylamp.pidsOf('daemon');
    const worker = await davylamp.pidOf('worker');
    await kill(worker);

    const run = await davylamp.untilFinished(id, 120_000);
    expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
    expect(run.stages.find(({ id: stage }) => stage === 'start_pool')).toMatchObject({ attempts: 1 });
    expect(await davylamp.pidsOf('daemon')).toEqual(daemon);
    expect(await davylamp.pidsOf('pool')).toHaveLength(1);
    expect(await davylamp.pidOf('worker')).not.toBe(worker);
  }, 180_000);

  test('runs a pipeline in the shape its users already have', async () => {
    const davylamp = await startDavylamp({ pipelines: [resolve('test/core/fixtures/upstream-shape.json')] });
    const squatter = new Squatter();
    await squatter.take(davylamp.ports.stratum);
    try {
      const run = await davylamp.untilFinished((await davylamp.post('stack-from-scratch')).id, 120_000);
      expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
      expect(run.incidents).toMatchObject([{ failure: 'stratum_port_conflict', status: 'resolved' }]);
    } finally {
      await squatter.release();
    }
  }, 180_000);
});

async function kill(pid: number): Promise<void> {
  const identity = identityOf(pid);
  if (!identity) throw new Error(`there is no process ${pid}`);
  expect(await signalGroup(identity, 'SIGKILL')).toEqual({ sent: true });
}
