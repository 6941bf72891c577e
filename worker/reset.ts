import { componentsOf } from '../core/component.ts';
import type { Environment } from '../core/environment.ts';
import { DavyError, messageOf } from '../core/errors.ts';
import type { Reach } from '../core/failpoint.ts';
import {
  DATA_DESTROYING,
  mayResetAs,
  REGENERATING,
  type ResetStepName,
  type ResetType,
} from '../core/reset.ts';
import { stopOrder } from '../core/reset-plan.ts';
import { CancelledError, TimeoutError } from './host/abort.ts';
import { ClaimLostError, isInterruption } from './interruption.ts';
import type { ResetHost, ResetProgress } from './reset/host.ts';

export interface ResetContext {
  environment: Environment;
  type: ResetType;
  /** What it does to the host, bound to the attempt: a second life of the attempt goes on where the first was cut off. */
  host: ResetHost;
  /** The components that run again afterwards. */
  wanted: (component: string) => boolean;
  signal: AbortSignal;
  /** Aborted when another may act here, also on the way back. */
  lost?: AbortSignal | undefined;
  /** Forgets the height of the chain that is wiped. */
  forgetHeights(): Promise<void>;
  /** What crashed before says nothing about what runs now. */
  forgetCrashes(): Promise<void>;
  /** Tells each step as it is done. */
  note(step: ResetStepName, result: string): Promise<void>;
  reach: Reach;
}

/**
 * An environment reset: stop miners, pool, daemon; clean what the type says; start daemon, pool, miners; verify.
 * Data is moved aside, and deleted only once the stack works without it; where that fails, it is put back. Cut off
 * at any step, it is called again under the same attempt and comes to the same end.
 * @throws DavyError `unsafe` before anything was touched, where this environment may not be reset.
 */
export async function resetEnvironment(given: ResetContext): Promise<void> {
  const context = { ...given, host: whileOurs(given) };
  const { environment, type, host, note } = context;
  assertResettable(environment, type);
  const before = await host.progress();
  if (before) await note('resume', `the reset that was cut off goes on: ${before.phase}`);
  if (before?.phase === 'done') return;
  if (before?.phase === 'proven') return await finish(context);
  if (before?.phase === 'undoing' || before?.phase === 'undone') {
    if (before.phase === 'undoing') await undo(context, before.failure);
    throw new DavyError(before.failure.code, before.failure.message);
  }
  try {
    await stopAll(context);
    if (DATA_DESTROYING[type]) await clearData(context, before);
    if (REGENERATING[type]) await configureAll(context);
    await startAll(context);
    await verify(context);
  } catch (error) {
    if (!goesOnLater(context.signal, error) && (await host.progress()) !== null)
      await undo(context, failureOf(error));
    throw error;
  }
  // While it can still be gone on with: to one that is done a second life of the attempt does not come back.
  await context.forgetCrashes();
  if (DATA_DESTROYING[type]) await finish(context);
}

/**
 * Ends a reset whose attempt does not go on: what is proven is finished, everything else is put back.
 * @throws DavyError `reset_not_undone` where the old data stays in the trash
 */
export async function abandonReset(given: ResetContext): Promise<void> {
  const context = { ...given, host: whileOurs(given) };
  const before = await context.host.progress();
  if (before === null || hasEnded(before)) return;
  if (before.phase === 'proven') return await finish(context);
  const failure = { code: 'reset_abandoned', message: 'its attempt did not go on' };
  const obstacle = await undo(context, before.phase === 'undoing' ? before.failure : failure);
  if (obstacle !== null) throw notUndone(obstacle);
}

/** Whether nothing is left to be done for it. */
export function hasEnded({ phase }: ResetProgress): boolean {
  return phase === 'done' || phase === 'undone';
}

function notUndone(obstacle: string): DavyError {
  return new DavyError('reset_not_undone', `an earlier reset is not undone yet: ${obstacle}`, {
    component: 'environment',
    nextStep: 'Mend what the reason names, then reset again: the old data is put back first.',
  });
}

function assertResettable(environment: Environment, type: ResetType): void {
  if (mayResetAs(environment, type)) return;
  throw new DavyError('unsafe', `environment ${environment.name} may not be reset (${type})`, {
    component: 'environment',
    nextStep: 'Data is only wiped on regtest, and only where davy.json says "resettable": true.',
  });
}

/** Whether the attempt lives on without us: then nothing is undone, and whoever has it next goes on. */
function goesOnLater({ aborted, reason }: AbortSignal, error?: unknown): boolean {
  if (error instanceof ClaimLostError || !aborted) return isInterruption(error);
  return !(reason instanceof TimeoutError || reason instanceof CancelledError);
}

function assertOurs(signal: AbortSignal, lost?: AbortSignal): void {
  lost?.throwIfAborted();
  if (goesOnLater(signal)) signal.throwIfAborted();
}

/** The same hands, which do nothing any more once another may act: it may be so after whatever was awaited. */
function whileOurs({ host, signal, lost }: ResetContext): ResetHost {
  return new Proxy(host, {
    get: (hands, step: keyof ResetHost) => {
      return (...order: never[]) => {
        assertOurs(signal, lost);
        return (hands[step] as (...order: never[]) => Promise<unknown>).apply(hands, order);
      };
    },
  });
}

async function stopAll({ environment, host, note, reach }: ResetContext): Promise<void> {
  for (const name of stopOrder(environment)) {
    await note(`stop ${name}`, await host.stop(name));
    reach('reset', 'stop');
  }
}

/** Moves the chain, the logs and the output of pool and miners aside. Wallets are copied first, and kept in use. */
async function clearData(context: ResetContext, before: ResetProgress | null): Promise<void> {
  const { host, signal, note, reach } = context;
  if (before?.phase === 'cleared') return;
  const paths = await host.pathsToClear();
  if (before === null) {
    await host.copyWallets();
    reach('reset', 'copy_wallets');
    await host.record({ phase: 'clearing' });
  }
  const moved: string[] = [];
  for (const path of paths) {
    signal.throwIfAborted();
    if ((await host.setAside(path)) === 'absent') continue;
    moved.push(path);
    reach('reset', 'set_aside');
  }
  await host.restoreWallets();
  reach('reset', 'restore_wallets');
  await context.forgetHeights();
  await host.record({ phase: 'cleared' });
  await note('clean', `moved aside: ${moved.join(', ') || 'nothing was there'}`);
}

async function configureAll({ host, note, reach }: ResetContext): Promise<void> {
  await host.configure();
  await note('configure', 'the configuration of every component was checked and completed');
  reach('reset', 'configure');
}

async function startAll(context: ResetContext): Promise<void> {
  const { type, host, signal, note, reach } = context;
  const { daemons, pool, miners } = wantedOf(context);
  signal.throwIfAborted();
  if (!daemons) return;
  await host.startDaemons();
  await note('start daemon', 'the daemon and its peers run');
  reach('reset', 'start_daemon');
  signal.throwIfAborted();
  if (DATA_DESTROYING[type]) {
    await note('fund', `the new chain has ${await host.fund()} blocks`);
    reach('reset', 'fund');
  }
  signal.throwIfAborted();
  if (pool) {
    await host.startPool();
    await note('start pool', 'the pool runs');
    reach('reset', 'start_pool');
  }
  for (const name of miners) {
    signal.throwIfAborted();
    await host.startMiner(name);
    await note(`start ${name}`, 'the miner runs');
    reach('reset', 'start_miners');
  }
}

/** What ran before runs again on its old data. What cannot be started is for the next look at the stack. */
async function startAgain(context: ResetContext): Promise<void> {
  const { host, signal, note } = context;
  const { daemons, pool, miners } = wantedOf(context);
  if (!daemons) return;
  const start = (step: ResetStepName, work: () => Promise<void>) => ({ step, work });
  const starts = [
    start('start daemon', () => host.startDaemons()),
    ...(pool ? [start('start pool', () => host.startPool())] : []),
    ...miners.map((name) => start(`start ${name}`, () => host.startMiner(name))),
  ];
  for (const { step, work } of starts) {
    assertOurs(signal);
    const failed = await work().then(
      () => null,
      (error: unknown) => messageOf(error),
    );
    await note(step, failed === null ? 'it runs again' : `not started again: ${failed}`);
  }
}

/** The components that run after a reset. Nothing does where no daemon is to run. */
function wantedOf({ environment, wanted }: ResetContext) {
  const named = (role: string) => componentsOf(environment).filter((ref) => ref.role === role && !ref.peer);
  const isWanted = ({ name }: { name: string }) => wanted(name);
  return {
    daemons: named('daemon').every(isWanted),
    pool: named('pool').every(isWanted),
    miners: named('miner')
      .filter(isWanted)
      .map(({ name }) => name),
  };
}

async function verify({ host, note, reach }: ResetContext): Promise<void> {
  await host.verify();
  await note('verify', 'work flows through everything that should be running');
  reach('reset', 'verify');
}

/** Deletes what was moved aside, now that nobody will want it back. What cannot be deleted safely stays, and is told. */
async function finish({ host, signal, lost, note, reach }: ResetContext): Promise<void> {
  await host.record({ phase: 'proven' });
  const paths = await host.pathsToClear();
  const spared: string[] = [];
  let deleted = 0;
  for (const path of paths) {
    try {
      if (await host.markForDeletion(path)) reach('reset', 'mark_for_deletion');
      reach('reset', 'delete');
      if (await host.delete(path)) deleted++;
    } catch (error) {
      assertOurs(signal, lost);
      spared.push(messageOf(error));
    }
  }
  await host.record({ phase: 'done' });
  if (deleted > 0) await note('clean', `${deleted} items deleted for good`);
  if (spared.length > 0) await note('clean', `left in the trash: ${spared.join('; ')}`);
}

type Failure = Extract<ResetProgress, { failure: unknown }>['failure'];

function failureOf(error: unknown): Failure {
  return { code: error instanceof DavyError ? error.code : 'reset_failed', message: messageOf(error) };
}

/**
 * Puts the old data back, so that a reset that did not help has at least lost nothing. Tells what is in the way of
 * that, `null` where nothing is.
 */
async function undo(context: ResetContext, failure: Failure): Promise<string | null> {
  const { host, signal, lost, note, reach } = context;
  await host.record({ phase: 'undoing', failure });
  try {
    await stopAll(context);
    for (const path of await host.pathsToClear()) if (await host.putBack(path)) reach('reset', 'undo');
    await note('undo', 'the data from before the reset is back');
    await startAgain(context);
    await host.record({ phase: 'undone', failure });
    return null;
  } catch (error) {
    assertOurs(signal, lost);
    if (error instanceof ClaimLostError) throw error;
    const obstacle = `the old data is still in the trash: ${messageOf(error)}`;
    await note('undo', obstacle);
    return obstacle;
  }
}
