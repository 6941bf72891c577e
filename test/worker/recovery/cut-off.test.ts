import { expect, test } from 'vitest';
import { recoveryPolicy } from '../../../core/recovery.ts';
import { isFinished } from '../../../core/run.ts';
import { DEFAULT_SETTINGS } from '../../../core/settings.ts';
import { startRun, transition } from '../../../core/transition.ts';
import type { TransitionWrite } from '../../../db/transitions.ts';
import { Attempt, type AttemptOptions } from '../../../worker/attempt.ts';
import { minerKind, poolKind } from '../../../worker/components/index.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { Exclusive } from '../../../worker/exclusive.ts';
import { TimeoutError } from '../../../worker/host/abort.ts';
import type { RecoveryReport } from '../../../worker/recovery.ts';
import type { RunClaim } from '../../../worker/run-claim.ts';
import { rungExecutor } from '../../../worker/rungs.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { linear } from '../../core/fixtures/pipelines.ts';
import { diagnosis } from '../../core/fixtures/situation.ts';
import { testStack } from '../components/support/stack.ts';
import { handClock } from '../hand-clock.ts';
import { emptyStack, recoverSeeing } from './support.ts';

const pool = { kind: 'process', command: ['sleep', '60'] };

test('a recovery that is cut off tells what it found, what it did and what is left', async () => {
  const LOST = ['sh', '-c', 'echo Stratum connection failed; exec sleep 60'];
  const { stack } = await testStack({ pool, miners: [{ kind: 'process', command: LOST }] });
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('no miner');
  await minerKind(miner).start(miner, { reindex: false });
  const observe = async () => {
    const facts = await minerKind(miner).observe(miner);
    return stackWith({ miner: { ...facts, desired: 'running', staleLocks: [] } });
  };
  await expect.poll(async () => (await observe()).miners[0]?.connection).toBe('unreachable');
  const cut = new AbortController();
  let soFar = (): RecoveryReport => {
    throw new Error('nothing was kept');
  };
  const recovering = recoverSeeing(
    [await observe()],
    {
      stack,
      observe,
      ...rungExecutor({ stack, observe, signal: cut.signal }),
      signal: cut.signal,
      note: async (type) => {
        if (type === 'action') cut.abort(new TimeoutError('no end within 5 s'));
      },
    },
    (known) => {
      soFar = known;
    },
  );
  const told = {
    outcome: {
      kind: 'failed',
      reason: expect.stringMatching(/^no end within 5 s: miner-1: pool_unreachable \(/),
    },
    cause: { component: 'miner-1', failure: 'pool_unreachable' },
    strategy: 'miner-error',
    actions: [{ type: 'redirect_miners' }],
    after: [{ component: 'miner-1' }],
  };
  expect(await recovering).toMatchObject(told);
  expect(soFar()).toMatchObject(told);
});

test('that a component starts and that it is proven share the time of the rung', async () => {
  const { stack } = await testStack({ pool });
  const member = poolMember(stack);
  await poolKind(member).start(member, { reindex: false });
  let looks = 0;
  const observe = async () => {
    looks++;
    return stackWith({ pool: { stratum: null } });
  };
  const { verify } = rungExecutor({ stack, observe, signal: new AbortController().signal });
  const actions = [{ type: 'start', component: 'pool', reindex: false } as const];
  // Nobody ever listens: all of the time goes by before the first look.
  await verify({ actions, verifySeconds: 0.5 }, diagnosis('pool', 'process_down'));
  expect(looks).toBe(1);
});

test('an attempt whose recovery does not even end when it is told to saves what is known of it', async () => {
  const clock = handClock();
  const saved: TransitionWrite[] = [];
  let isAsked = false;
  const options = {
    store: {
      leaseSeconds: 3_600,
      renew: async () => true,
      release: async () => {},
      async save(write: TransitionWrite) {
        saved.push(write);
        return { dispatch: 1 };
      },
    },
    dispatcher: { enqueue: async () => 'enqueued' },
    work: {
      forbids: async () => null,
      snapshot: async () => null,
      recovery: (_claim: unknown, _state: unknown, { keep }: { keep(soFar: () => RecoveryReport): void }) => {
        keep(() => KNOWN);
        isAsked = true;
        return new Promise(() => {});
      },
    },
    settings: { current: async () => DEFAULT_SETTINGS },
    clock,
    exclusive: new Exclusive(),
    host: 'rig-1',
    reach: () => {},
    log: () => {},
  } as unknown as AttemptOptions;
  const stops = { stop: new AbortController(), lost: new AbortController() };
  const carried = new Attempt(options, await claimed(), stops, () => {}).carryOut();
  await expect.poll(() => isAsked).toBe(true);
  await clock.goTo(3_000);
  await carried;
  expect(saved).toMatchObject([
    {
      findings: { component: 'daemon', failure: 'warming_up' },
      details: { strategy: 'rpc-failure', actions: [{ type: 'wait' }] },
      transition: {
        changes: [{ type: 'recovery_attempt_closed', reason: 'no end within 300 s: daemon' }, {}],
      },
    },
  ]);
});

const KNOWN: RecoveryReport = {
  outcome: { kind: 'failed', reason: 'no end within 300 s: daemon' },
  cause: diagnosis('daemon', 'warming_up'),
  strategy: 'rpc-failure',
  actions: [{ type: 'wait', component: 'daemon', at: '', durationMs: 1, result: '' }],
  rungs: [],
  before: [],
  ruledOut: [],
  after: [],
};

/** A run that the watch began with its recovery. */
async function claimed(): Promise<RunClaim> {
  let ids = 0;
  const context = {
    pipeline: linear,
    policy: recoveryPolicy(DEFAULT_SETTINGS, true),
    newId: () => `id-${ids++}`,
  };
  const failure = { code: 'unhealthy', message: 'it was seen' };
  const { state } = startRun(context, { decision: 'unhealthy', failure });
  if (isFinished(state)) throw new RangeError('over before it began');
  const run = {
    id: 'run',
    epoch: 1,
    claims: 1,
    state: transition(state, { type: 'begun' }, context).state,
    workingDirectory: '/',
    environmentId: 'none',
  };
  return { run, pipeline: linear, stack: await emptyStack(), begun: true };
}
