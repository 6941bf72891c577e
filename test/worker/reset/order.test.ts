import { expect, test } from 'vitest';
import { parseEnvironment } from '../../../core/environment.ts';
import { DavyError } from '../../../core/errors.ts';
import { noFailpoints, type Reach } from '../../../core/failpoint.ts';
import type { ResetType } from '../../../core/reset.ts';
import { TimeoutError } from '../../../worker/host/abort.ts';
import { assertClaimed, ClaimLostError } from '../../../worker/interruption.ts';
import type { ResetHost, ResetProgress } from '../../../worker/reset/host.ts';
import { abandonReset, resetEnvironment } from '../../../worker/reset.ts';

/** A host in memory: one path to clear, and what was done, in its order. */
function hostInMemory({ works = true, verify }: { works?: boolean; verify?: () => Promise<void> } = {}) {
  const done: string[] = [];
  let progress: ResetProgress | null = null;
  let [inPlace, aside]: [string, string | null] = ['old', null];
  const did = (what: string) => void done.push(what);
  const host: ResetHost = {
    progress: async () => progress,
    record: async (next) => {
      progress = next;
    },
    async stop(component) {
      did(`stop ${component}`);
      return 'stopped';
    },
    pathsToClear: async () => ['/chain'],
    copyWallets: async () => did('copy'),
    async setAside() {
      did('set aside');
      if (aside !== null) return 'already';
      [inPlace, aside] = ['new', inPlace];
      return 'moved';
    },
    restoreWallets: async () => did('restore'),
    configure: async () => did('configure'),
    startDaemons: async () => did('daemons'),
    async fund() {
      did('fund');
      return 101;
    },
    startPool: async () => did('pool'),
    startMiner: async (component) => did(component),
    async verify() {
      did('verify');
      await verify?.();
      if (!works) throw new DavyError('reset_unverified', 'no work flows');
    },
    async putBack() {
      did('put back');
      if (aside === null) return false;
      [inPlace, aside] = [aside, null];
      return true;
    },
    async markForDeletion() {
      did('mark');
      return aside !== null;
    },
    async delete() {
      did('delete');
      aside = null;
      return true;
    },
  };
  return { host, done, data: () => ({ inPlace, aside, phase: progress?.phase ?? null }) };
}

interface Order {
  forgetHeights?: () => Promise<void>;
  note?: () => Promise<void>;
  type?: ResetType;
  network?: string;
  resettable?: boolean;
  signal?: AbortSignal;
  reach?: Reach;
  wanted?: (component: string) => boolean;
  forget?: () => Promise<void>;
}

async function reset(host: ResetHost, order: Order = {}, carryOut = resetEnvironment): Promise<void> {
  const { type = 'data', network = 'regtest', resettable = true, reach = noFailpoints } = order;
  const document = { name: 'lab', network, resettable, manage: true, daemon: {}, pool: {}, miners: [{}] };
  const parsed = parseEnvironment(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  await carryOut({
    environment: parsed.environment,
    type,
    host,
    wanted: order.wanted ?? (() => true),
    signal: order.signal ?? new AbortController().signal,
    forgetHeights: order.forgetHeights ?? (async () => {}),
    forgetCrashes: order.forget ?? (async () => {}),
    note: order.note ?? (async () => {}),
    reach,
  });
}

const STOP = ['stop miner-1', 'stop pool', 'stop daemon'];
const START = ['daemons', 'fund', 'pool', 'miner-1', 'verify'];

test('stops from above, clears, starts from below, and deletes only what is proven not to be needed', async () => {
  const { host, done, data } = hostInMemory();
  await reset(host);
  expect(done).toEqual([...STOP, 'copy', 'set aside', 'restore', ...START, 'mark', 'delete']);
  expect(data()).toEqual({ inPlace: 'new', aside: null, phase: 'done' });
});

test('moves nothing when it is soft', async () => {
  const { host, done } = hostInMemory();
  await reset(host, { type: 'soft' });
  expect(done).toEqual([...STOP, 'daemons', 'pool', 'miner-1', 'verify']);
});

test.each([
  { network: 'mainnet' },
  { network: 'testnet' },
  { network: 'signet' },
  { network: 'mainnet', type: 'soft' as const },
  { resettable: false },
])('does nothing at all on %j', async (order) => {
  const { host, done } = hostInMemory();
  await expect(reset(host, order)).rejects.toMatchObject({ code: 'unsafe' });
  expect(done).toEqual([]);
});

test('puts the data back where the stack does not work without it, and starts again what ran', async () => {
  const { host, done, data } = hostInMemory({ works: false });
  await expect(reset(host)).rejects.toMatchObject({ code: 'reset_unverified' });
  expect(done.slice(-7)).toEqual([...STOP, 'put back', 'daemons', 'pool', 'miner-1']);
  expect(data()).toEqual({ inPlace: 'old', aside: null, phase: 'undone' });
});

test('puts nothing back once another has claimed the run, and goes on with it there', async () => {
  const { host, done, data } = hostInMemory({ works: false });
  const lost = async () => assertClaimed(false);
  await expect(reset(host, { forgetHeights: lost })).rejects.toThrow(ClaimLostError);
  expect(done).toEqual([...STOP, 'copy', 'set aside', 'restore']);
  expect(data()).toEqual({ inPlace: 'new', aside: 'old', phase: 'clearing' });
  let isClaimed = true;
  const note = async () => assertClaimed(isClaimed);
  const forgetHeights = async () => {
    isClaimed = false;
  };
  await expect(reset(host, { note, forgetHeights })).rejects.toThrow(ClaimLostError);
  expect(data()).toEqual({ inPlace: 'new', aside: 'old', phase: 'cleared' });
  await expect(reset(host)).rejects.toMatchObject({ code: 'reset_unverified' });
  expect(data()).toEqual({ inPlace: 'old', aside: null, phase: 'undone' });
});

test('starts the rest of what ran where one component does not start any more', async () => {
  const { host, done } = hostInMemory({ works: false });
  const startPool = () => Promise.reject(new Error('its program is gone'));
  await expect(reset({ ...host, startPool })).rejects.toThrow('its program is gone');
  expect(done.slice(-3)).toEqual(['put back', 'daemons', 'miner-1']);
});

test('has ended for good under its attempt: asked again, it tells how, and touches nothing', async () => {
  const healed = hostInMemory();
  await reset(healed.host);
  healed.done.length = 0;
  await reset(healed.host);
  expect(healed.done).toEqual([]);

  const failed = hostInMemory({ works: false });
  const failure = { code: 'reset_unverified', message: 'no work flows' };
  await expect(reset(failed.host)).rejects.toMatchObject(failure);
  failed.done.length = 0;
  await expect(reset({ ...failed.host, verify: async () => {} })).rejects.toMatchObject(failure);
  expect(failed.done).toEqual([]);
});

test('puts the data back when its time is over, and leaves it for its next life when only the worker stops', async () => {
  for (const [reason, left] of [
    [new TimeoutError(), { inPlace: 'old', aside: null, phase: 'undone' }],
    [new Error('the worker stops'), { inPlace: 'new', aside: 'old', phase: 'cleared' }],
  ] as const) {
    const { host, data } = hostInMemory();
    const stop = new AbortController();
    const reach: Reach = (_, step) => step === 'fund' && stop.abort(reason);
    await expect(reset(host, { signal: stop.signal, reach })).rejects.toBe(reason);
    expect(data()).toEqual(left);
  }
});

test('goes on in its next life where Postgres is away, and is put back when its time is over meanwhile', async () => {
  const away = new DavyError('database-unavailable', 'Postgres: connect ECONNREFUSED');
  const awayOnce = () => {
    const answers = [away];
    return async () => {
      const thrown = answers.shift();
      if (thrown) throw thrown;
    };
  };
  const { host, done, data } = hostInMemory({ verify: awayOnce() });
  await expect(reset(host)).rejects.toBe(away);
  expect(data()).toEqual({ inPlace: 'new', aside: 'old', phase: 'cleared' });
  const forget = awayOnce();
  await expect(reset(host, { forget })).rejects.toBe(away);
  expect(data()).toEqual({ inPlace: 'new', aside: 'old', phase: 'cleared' });
  await reset(host, { forget });
  expect(done.filter((what) => what === 'copy')).toHaveLength(1);
  expect(data()).toEqual({ inPlace: 'new', aside: null, phase: 'done' });

  const stop = new AbortController();
  const late = hostInMemory({
    async verify() {
      stop.abort(new TimeoutError());
      throw away;
    },
  });
  await expect(reset(late.host, { signal: stop.signal })).rejects.toBe(away);
  expect(late.data()).toEqual({ inPlace: 'old', aside: null, phase: 'undone' });
});

test('deletes nothing once somebody else may have the attempt', async () => {
  const { host, data } = hostInMemory();
  const stop = new AbortController();
  const reach: Reach = (_, step) => step === 'verify' && stop.abort(new Error('the claim was lost'));
  await expect(reset(host, { signal: stop.signal, reach })).rejects.toThrow('the claim was lost');
  expect(data()).toEqual({ inPlace: 'new', aside: 'old', phase: 'cleared' });
});

test('a reset whose attempt does not go on is put back, or finished where it was proven', async () => {
  const fresh = hostInMemory();
  await reset(fresh.host, {}, abandonReset);
  expect(fresh.done).toEqual([]);

  const halfway = hostInMemory();
  await halfway.host.record({ phase: 'cleared' });
  await halfway.host.setAside('/chain');
  await reset(halfway.host, {}, abandonReset);
  expect(halfway.data()).toEqual({ inPlace: 'old', aside: null, phase: 'undone' });

  const proven = hostInMemory();
  await proven.host.record({ phase: 'proven' });
  await proven.host.setAside('/chain');
  await reset(proven.host, {}, abandonReset);
  expect(proven.data()).toEqual({ inPlace: 'new', aside: null, phase: 'done' });

  for (const ended of [halfway, proven]) {
    ended.done.length = 0;
    await reset(ended.host, {}, abandonReset);
    expect(ended.done).toEqual([]);
  }
});

test('says so where the old data cannot be put back, and tries again when it is asked to', async () => {
  const { host, data } = hostInMemory();
  await host.record({ phase: 'cleared' });
  await host.setAside('/chain');
  const putBack = () => Promise.reject(new Error('/chain is a mount point'));
  await expect(reset({ ...host, putBack }, {}, abandonReset)).rejects.toMatchObject({
    code: 'reset_not_undone',
    message: expect.stringContaining('/chain is a mount point'),
  });
  expect(data()).toMatchObject({ aside: 'old', phase: 'undoing' });
  await reset(host, {}, abandonReset);
  expect(data()).toMatchObject({ inPlace: 'old', phase: 'undone' });
});
