import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { noFailpoints } from '../../core/failpoint.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import { openRunStore, type RunStore } from '../../db/run-store.ts';
import type { Dispatcher } from '../../queue/port.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { type Engine, openEngine } from '../../worker/engine.ts';
import type { Work } from '../../worker/work.ts';
import { linear } from '../core/fixtures/pipelines.ts';
import { accept, rowOf, type World, world } from '../db/fixtures/world.ts';
import { gateOf } from '../queue/brokers.ts';
import { handClock } from './hand-clock.ts';

const LEASE_SECONDS = 60;

/** An engine on a real database. What it does to its host is in the test's hands, and so is its clock. */
function engineOn(here: World, own: { work?: Partial<Work>; store?: Partial<RunStore> }) {
  const did: string[] = [];
  const clock = handClock();
  const says = (what: string) => void did.push(what);
  const work: Work = {
    forbids: async () => null,
    snapshot: async () => null,
    async stage(_claim, { stageId }) {
      says(`stage ${stageId}`);
      return {
        event: { type: 'stage_failed', failure: { code: 'broke', message: 'it broke' } },
        evidence: {},
      };
    },
    async recovery() {
      says('recovery');
      throw new Error('not in these tests');
    },
    async cancel() {
      says('cancel');
      return ['daemon'];
    },
    async endCommand() {
      says('end command');
    },
    ...own.work,
  };
  const engine: Engine = openEngine({
    // The clock leaps over minutes in no time: a real answer would come too late for the lease.
    store: { ...openRunStore(here.database, LEASE_SECONDS), renew: async () => true, ...own.store },
    registry: { claimant: () => here.claimant, stack: () => stackOf(here) },
    dispatcher: { enqueue: async () => 'failed' } as Partial<Dispatcher> as Dispatcher,
    settings: { current: async () => DEFAULT_SETTINGS },
    log: () => {},
    host: here.claimant.host,
    reach: noFailpoints,
    work,
    clock,
  });
  return { engine, clock, did };
}

function stackOf({ environmentId }: World): Stack {
  const parsed = parseEnvironment({ name: 'lab', daemon: {}, pool: {} });
  if (!parsed.ok) throw new Error('no environment');
  return {
    environmentId,
    environment: parsed.environment,
    directory: '/srv/lab',
    stateDirectory: '/srv/state',
  };
}

/** Work that ends when the test says so, and heeds nothing else. */
function stubborn() {
  const [begun, end] = [gateOf(), gateOf()];
  const work = async (): Promise<never> => {
    begun.open();
    await end.opened;
    throw new Error('it was told to stop');
  };
  return { work, begun: begun.opened, end: end.open };
}

test('a cancelled run ends when what it began on the host has ended, and not before', async () => {
  const here = await world();
  const id = await accept(here, linear);
  const { work, begun, end } = stubborn();
  const { engine, clock, did } = engineOn(here, { work: { stage: work } });
  const handled = engine.handle(id);
  await begun;
  const cancelled = engine.cancel(id);
  await clock.goTo(100);
  expect(did).toEqual([]);
  expect(await rowOf(here, id)).toMatchObject({ finished_at: null, owner: here.claimant.workerId });
  end();
  await Promise.all([handled, cancelled]);
  expect(did).toEqual(['cancel']);
  expect(await rowOf(here, id)).toMatchObject({ status: 'cancelled', left_running: ['daemon'] });
});

test('nothing acts on an environment while work that was cut off there goes on', async () => {
  const here = await world();
  const id = await accept(here, linear);
  const { work, begun, end } = stubborn();
  const store = openRunStore(here.database, LEASE_SECONDS);
  const recoveryBegun = gateOf();
  const { engine, clock, did } = engineOn(here, {
    work: { stage: work },
    store: {
      async begin(write) {
        const saved = await store.begin(write);
        if (write.transition.state.work?.kind === 'recovery') recoveryBegun.open();
        return saved;
      },
    },
  });
  const handled = engine.handle(id);
  await begun;
  await clock.goTo(DEFAULT_SETTINGS.stageTimeoutSeconds + 11);
  await handled;
  expect((await rowOf(here, id)).status).toBe('recovering');
  expect(engine.isAtWork(here.environmentId)).toBe(true);
  const next = engine.handle(id);
  await recoveryBegun.opened;
  // All that is left before it acts happens within one turn of the event loop.
  await new Promise(setImmediate);
  expect(did).toEqual([]);
  end();
  await next;
  expect(did).toEqual(['recovery']);
  expect(engine.isAtWork(here.environmentId)).toBe(false);
});

test('nothing is begun for a run that was lost while its intent was being saved', async () => {
  const here = await world();
  const id = await accept(here, linear);
  const store = openRunStore(here.database, LEASE_SECONDS);
  const { engine, did } = engineOn(here, {
    store: {
      async begin(write) {
        const saved = await store.begin(write);
        engine.leave(here.environmentId);
        return saved;
      },
    },
  });
  await engine.handle(id);
  expect(did).toEqual([]);
  expect(await rowOf(here, id)).toMatchObject({ finished_at: null, owner: null });
});

test('a run that ends its worker each time leaves no command behind when it is given up', async () => {
  const here = await world();
  const id = await accept(here, linear);
  await here.sql`update runs set claims = 3 where id = ${id}`;
  const { engine, did } = engineOn(here, {
    work: {
      async endCommand({ run }) {
        did.push(`end command of ${run.id}, ${(await rowOf(here, id)).status}`);
      },
    },
  });
  await engine.handle(id);
  expect(did).toEqual([`end command of ${id}, queued`]);
  expect((await rowOf(here, id)).status).toBe('escalated');
});
