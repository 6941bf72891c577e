import type { Failpoint } from '../../../core/failpoint.ts';
import { jobOf } from '../../../core/job.ts';
import { isMutating, type Pipeline } from '../../../core/pipeline.ts';
import { recoveryPolicy } from '../../../core/recovery.ts';
import type { ResetStepName } from '../../../core/reset.ts';
import { isFinished } from '../../../core/run.ts';
import { parseSettings, type Settings } from '../../../core/settings.ts';
import { resumeRun, startRun, type TransitionContext, transition } from '../../../core/transition.ts';
import type { RunStore } from '../../../db/run-store.ts';
import type { Dispatcher } from '../../../queue/port.ts';
import type { Clock } from '../../../worker/clock.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { hasEnded, resetEnvironment } from '../../../worker/reset.ts';
import type { RunClaim } from '../../../worker/run-claim.ts';
import type { Work } from '../../../worker/work.ts';
import { environmentWith } from '../../core/fixtures/situation.ts';
import { Chance } from './chance.ts';
import type { Hands } from './hands.ts';
import { Host } from './host.ts';
import { Broker, short } from './queue.ts';
import { CHAIN, resetHostOf } from './reset-host.ts';
import { type RunRow, RunTable } from './run-table.ts';
import { Door, storeOf } from './store.ts';
import { type Actor, drained, newActor, type Operation, Time } from './time.ts';
import { Watchman } from './watchman.ts';
import { workOf } from './work.ts';
import { SimulatedWorker } from './worker.ts';

export const LEASE_SECONDS = 60;
const ENVIRONMENT_ID = 'lab';
const RESTART_MS = 1_000;
const BEATS_MAX = 200_000;
/** What an operation may take longer than its time, counting what was under way. */
const SLACK_MS = 6_000;

function settingsWith(maxRecoveryAttempts: number): Settings {
  const limits = { stageTimeoutSeconds: 100, recoveryTimeoutSeconds: 30, maxStageAttempts: 15 };
  const parsed = parseSettings({ ...limits, maxRecoveryAttempts });
  if (!parsed.ok) throw new Error('no settings');
  return parsed.settings;
}
const ENVIRONMENT = environmentWith({ resettable: true });

/** What is broken on purpose, to see whether it is found. */
export interface Sabotage {
  table?(table: RunTable): void;
  store?(store: RunStore, worker: SimulatedWorker, world: World): RunStore;
  dispatcher?(dispatcher: SimulatedDispatcher): SimulatedDispatcher;
  clock?(clock: Clock): Clock;
  host?(host: Host): void;
  /** Another nonce than the attempt's. */
  nonce?(attemptId: string): string;
  hasNoFence?: true;
  /** A worker goes on with what it does when its fence is lost. */
  staysWhereItWas?: true;
  /** What a stage does goes on after its decision. */
  actsAfterItsEnd?: true;
  work?(work: Work): Work;
  /** The signal as a recovery or a reset hears it. */
  heard?(signal: AbortSignal, by: 'recovery' | 'reset'): AbortSignal;
}

export type SimulatedDispatcher = Pick<Dispatcher, 'enqueue' | 'pending'>;

/** Something that is done to the host, and since when the kernel has it. */
export interface HandedOver {
  worker: SimulatedWorker;
  claim: RunClaim;
  attemptId: string;
  /** Of the operation with which it was handed over. */
  number: number;
}

export interface WorldOptions {
  maxRecoveryAttempts?: number;
  traced?: boolean;
  sabotage?: Sabotage;
}

/** Everything that Davylamp stands on, in memory, and the workers that stand on it. */
export class World {
  readonly settings: Settings;
  readonly hostName = 'rig';
  readonly environmentIds = [ENVIRONMENT_ID];
  readonly time: Time;
  readonly table: RunTable;
  readonly door: Door;
  readonly broker: Broker;
  readonly host = new Host((rule) => this.watchman.object(rule));
  readonly watchman: Watchman;
  readonly api = newActor('api');
  readonly workers: (SimulatedWorker | null)[] = [null, null];
  readonly reachedPoints = new Map<string, number>();
  /** Who holds the fence of the environment. */
  private holder: SimulatedWorker | null = null;
  private lives = 0;
  private runs = 0;
  private ids = 0;
  private nonces = 0;
  /** Workers that end are started again. */
  isSupervised = false;
  /** Workers hear no notifications of the database. */
  isDeaf = false;
  readonly sabotage: Sabotage;
  private beats = 0;

  constructor({ traced = false, sabotage = {}, maxRecoveryAttempts = 3 }: WorldOptions = {}) {
    this.settings = settingsWith(maxRecoveryAttempts);
    this.sabotage = sabotage;
    this.time = new Time(traced);
    this.watchman = new Watchman(this.settings, () => this.time.nowMs);
    this.table = new RunTable(
      () => this.time.nowMs,
      (write) => this.watchman.wrote(write),
    );
    this.door = new Door(this.time);
    this.broker = new Broker(this.time);
    sabotage.table?.(this.table);
    sabotage.host?.(this.host);
  }

  // What workers are made of

  clockOf(actor: Actor): Clock {
    const clock = this.time.clockOf(actor);
    return this.sabotage.clock?.(clock) ?? clock;
  }

  storeOf(worker: SimulatedWorker): RunStore {
    const { table, door, watchman } = this;
    const { actor, id: workerId } = worker;
    const store = storeOf({ actor, workerId, table, door, watchman, leaseSeconds: LEASE_SECONDS });
    return this.sabotage.store?.(store, worker, this) ?? store;
  }

  dispatcherOf(actor: Actor): SimulatedDispatcher {
    const dispatcher = this.broker.dispatcherOf(actor);
    return this.sabotage.dispatcher?.(dispatcher) ?? dispatcher;
  }

  stackFor(worker: SimulatedWorker, environmentId: string): Stack | undefined {
    if (!worker.fenced.has(environmentId)) return undefined;
    return { environmentId, environment: ENVIRONMENT, directory: '/stack', stateDirectory: '/state' };
  }

  workOf(worker: SimulatedWorker): Work {
    const work = workOf(worker, this);
    return this.sabotage.work?.(work) ?? work;
  }

  heard(signal: AbortSignal, by: 'recovery' | 'reset'): AbortSignal {
    return this.sabotage.heard?.(signal, by) ?? signal;
  }

  takeFence(_environmentId: string, worker: SimulatedWorker): boolean {
    if (this.sabotage.hasNoFence) return true;
    this.holder ??= worker;
    return this.holder === worker;
  }

  async reset(order: {
    nonce: string;
    signal: AbortSignal;
    lost: AbortSignal | undefined;
    note: (step: ResetStepName, result: string) => Promise<void>;
    hands: Hands;
    worker: SimulatedWorker;
  }): Promise<void> {
    const { signal, lost, note, hands, worker } = order;
    const nonce = this.sabotage.nonce?.(`${order.nonce}-${this.nonces++}`) ?? order.nonce;
    await resetEnvironment({
      environment: ENVIRONMENT,
      type: 'full',
      host: resetHostOf(this.host, nonce, hands, {
        signal,
        object: (rule) => this.watchman.object(rule),
      }),
      wanted: () => true,
      signal: this.heard(signal, 'reset'),
      lost: lost && this.heard(lost, 'reset'),
      forgetHeights: async () => {},
      forgetCrashes: async () => {},
      note,
      reach: (point, where) => worker.reachIn(point, where),
    });
  }

  /**
   * Before anything is done to the host. Says whether it is excused: it was handed over before its worker could know
   * that it is not to act any more.
   */
  assertMayAct({ worker, claim: { run }, attemptId, number }: HandedOver): boolean {
    const row = this.table.rows.get(run.id);
    const attempt = this.table.attempts.get(attemptId);
    const name = `run ${short(run.id)}`;
    const { nowMs } = this.time;
    const begun = attempt !== undefined && attempt.startedAt !== null;
    this.watchman.insist(begun, () => `an effect of ${name} without a saved intent`);
    if (number <= worker.unawareUpTo || !row) return true;
    this.watchman.insist(
      this.holder === worker || this.sabotage.hasNoFence === true,
      () => `I3: ${worker.id} acts for ${name} without the fence`,
    );
    this.watchman.insist(
      row.epoch === run.epoch,
      () => `I3: ${worker.id} acts for ${name}, which was taken up by another since`,
    );
    this.watchman.insist(
      row.state.work?.attemptId === attemptId,
      () => `I3: ${worker.id} acts for ${name} under an attempt that is over (${row.status})`,
    );
    // Freed by a late hand, but nobody has taken it up: it is done again under the same attempt.
    if (row.owner === null) return false;
    const slept = nowMs - worker.wokeAtMs < LEASE_SECONDS * 1000;
    const leftMs = (row.leaseUntil ?? 0) - nowMs;
    this.watchman.insist(
      slept || leftMs >= (LEASE_SECONDS / 2) * 1000 - SLACK_MS,
      () => `${worker.id} acts for ${name} with ${leftMs} ms left of its lease`,
    );
    return false;
  }

  // What can happen to them

  start(slot: number): void {
    const worker = this.workers[slot];
    if (worker?.actor.alive) return;
    const id = `worker ${'AB'[slot]}${++this.lives}`;
    this.time.note(() => `${id} starts`);
    this.workers[slot] = new SimulatedWorker(id, this);
  }

  /** It ends at once. What it asked the network for may still happen; what it was about to do itself does not. */
  crash(worker: SimulatedWorker, why: string, chance = new Chance(this.time.nowMs)): void {
    if (!worker.actor.alive) return;
    this.time.note(() => `${worker.id} is killed: ${why}`);
    this.time.kill(worker.actor, ({ target }) => target !== 'host' && chance.once(2));
    if (this.holder === worker) this.holder = null;
    this.broker.excused++;
    const slot = this.workers.indexOf(worker);
    if (this.isSupervised) this.time.after(this.api, RESTART_MS, () => this.start(slot));
  }

  freeze(worker: SimulatedWorker): void {
    if (!worker.isAwake) return;
    this.time.note(() => `${worker.id} is frozen`);
    worker.actor.frozen = true;
  }

  async thaw(worker: SimulatedWorker, chance: Chance): Promise<void> {
    if (!worker.actor.alive || !worker.actor.frozen) return;
    this.time.note(() => `${worker.id} goes on`);
    worker.actor.frozen = false;
    const { unheard } = worker.actor;
    const dueTimers = () => this.time.due().filter(({ actor }) => actor === worker.actor);
    for (let timers = dueTimers(); unheard.length + timers.length > 0; timers = dueTimers()) {
      const pick = chance.below(timers.length + Math.min(1, unheard.length));
      const timer = timers[pick];
      if (timer) this.time.fire(timer);
      else unheard.shift()?.();
      await this.beat();
    }
    // Until it had heard everything, it did one thing more.
    worker.unawareUpTo = this.time.lastAsked;
  }

  /** The machine sleeps: nothing of this worker happens, and its clock stands still. */
  async sleep(worker: SimulatedWorker, ms: number, chance: Chance): Promise<void> {
    if (!worker.isAwake) return;
    this.time.note(() => `the machine of ${worker.id} sleeps for ${ms / 1000} s`);
    this.time.sleep(worker.actor, ms);
    worker.actor.frozen = true;
    await this.pass(ms, chance);
    await this.thaw(worker, chance);
    worker.wokeAtMs = this.time.nowMs;
  }

  /** Somebody ends the lock holder of a worker that lives. */
  loseFence(worker: SimulatedWorker): void {
    if (this.holder !== worker) return;
    this.time.note(() => `${worker.id} loses its fence`);
    this.holder = null;
    worker.unawareUpTo = this.time.lastAsked;
    this.time.tell(worker.actor, () => worker.lost(ENVIRONMENT_ID));
  }

  // What people do

  post(pipeline: Pipeline, { key, repeats }: { key: string; repeats: boolean }): void {
    const { api, door, table } = this;
    const context = this.context(pipeline);
    const request = async (attempt: number): Promise<void> => {
      const id = `run-${String(++this.runs).padStart(4, '0')}`;
      const run = {
        ...{ id, pipeline, mutating: isMutating(pipeline), environmentId: ENVIRONMENT_ID },
        ...{ host: this.hostName, workingDirectory: '/stack', userPrompt: '' },
        start: startRun(context),
      };
      const idempotency = { apiKeyId: 'key', key, requestHash: pipeline.id };
      try {
        const answer = await door.query(api, `accept ${id}`, () => {
          const inserted = table.insert(run, idempotency);
          if (inserted.kind === 'created') this.watchman.accepted(key);
          return inserted;
        });
        if (answer.kind === 'created') await this.nudge(id);
        if (repeats && attempt === 0) await request(1);
      } catch {
        if (attempt < 3) this.time.after(api, 1_000, () => void request(attempt + 1));
      }
    };
    void request(0);
  }

  /** A run that nobody works on and that was not begun ends at once; of others the worker is told, if it hears. */
  cancel(row: RunRow): void {
    this.order(row, 'cancel', ({ state, ...read }) => {
      if (isFinished(state)) return false;
      const begun = (this.table.attempts.get(state.work.attemptId)?.startedAt ?? null) !== null;
      if (read.owner === null && !begun)
        return this.table.cancel(read, transition(state, { type: 'cancelled' }, this.context(read.pipeline)));
      const asked = this.table.requestCancel(read);
      if (asked && !this.isDeaf)
        for (const worker of this.workers)
          if (worker) this.time.tell(worker.actor, () => void worker.engine.cancel(row.id));
      return asked;
    });
  }

  resume(row: RunRow): void {
    this.order(row, 'resume', ({ state, ...read }) => {
      if (!isFinished(state) || (state.status !== 'failed' && state.status !== 'escalated')) return false;
      const next = resumeRun(state, this.context(read.pipeline));
      return next !== null && this.table.resume(read, next);
    });
  }

  retryNow(row: RunRow): void {
    this.order(row, 'retry now', ({ id }) => {
      const ended = this.table.endDelay(id);
      if (ended) this.watchman.hastened(id);
      return ended;
    });
  }

  /** Reads, decides, writes under what was read, calls. */
  private order(row: RunRow, what: string, write: (read: RunRow) => boolean): void {
    const carryOut = async () => {
      const read = await this.door.query(this.api, `read ${row.id}`, () => ({ ...row }));
      const done = await this.door.query(this.api, `${what} ${row.id}`, () => write(read));
      if (done) await this.nudge(row.id);
    };
    void carryOut().catch(() => {});
  }

  private async nudge(runId: string): Promise<void> {
    const row = this.table.rows.get(runId);
    if (!row || isFinished(row.state)) return;
    const { dispatch, state } = row;
    await this.dispatcherOf(this.api).enqueue({ ...jobOf(state), host: this.hostName, runId, dispatch });
  }

  private context(pipeline: Pipeline): TransitionContext {
    const policy = recoveryPolicy(this.settings, isMutating(pipeline));
    return { pipeline, policy, newId: () => `attempt-${++this.ids}` };
  }

  // How time goes on

  /** One thing happens, of all that may. `false`: nothing may. */
  async step(chance: Chance, mayHappen: (operation: Operation) => boolean = () => true): Promise<boolean> {
    const operations = this.time.operations.filter(
      (operation) => mayHappen(operation) && !(operation.actor.frozen && operation.target === 'host'),
    );
    const timers = this.time.due();
    const jobs = this.broker.ready();
    const consumers = jobs.length === 0 ? [] : this.workers.filter((worker) => worker?.hasRoom);
    const deliveries = consumers.length === 0 ? 0 : jobs.length;
    const count = operations.length + timers.length + deliveries;
    if (count === 0) return false;
    const pick = chance.below(count);
    const operation = operations[pick];
    const timer = timers[pick - operations.length];
    const job = jobs[pick - operations.length - timers.length];
    if (operation) this.time.happen(operation);
    else if (timer) this.time.fire(timer);
    else if (job) {
      const consumer = consumers[chance.below(consumers.length)];
      this.time.note(
        () => `${consumer?.id} is called for ${short(job.wake.runId)} (dispatch ${job.wake.dispatch})`,
      );
      void consumer?.wake(job).catch(() => {});
    }
    await this.beat();
    return true;
  }

  /** Time goes by, and everything happens in its time. */
  async pass(ms: number, chance: Chance, until: () => boolean = () => false): Promise<void> {
    const endMs = this.time.nowMs + ms;
    while (!this.watchman.broken && !until()) {
      if (await this.step(chance)) continue;
      const nextMs = Math.min(this.time.nextAtMs(), this.broker.nextAtMs(), endMs);
      if (nextMs >= endMs) break;
      this.time.nowMs = Math.max(this.time.nowMs, nextMs);
    }
    if (!until()) this.time.nowMs = Math.max(this.time.nowMs, endMs);
  }

  /** Time goes by, and neither database nor queue do anything; what workers do on their own host happens. */
  async stall(ms: number, chance: Chance): Promise<void> {
    const endMs = this.time.nowMs + ms;
    const isLocal = ({ target }: Operation) => target === 'host';
    while (!this.watchman.broken) {
      if (await this.step(chance, isLocal)) continue;
      const nextMs = this.time.nextAtMs();
      if (nextMs >= endMs) break;
      this.time.nowMs = Math.max(this.time.nowMs, nextMs);
    }
    this.time.nowMs = Math.max(this.time.nowMs, endMs);
  }

  private async beat(): Promise<void> {
    await drained();
    if (++this.beats > BEATS_MAX) this.watchman.object('it goes on and on without an end');
    this.watchman.look(this.table, this.broker);
  }

  // What is known in the end

  isDrained(): boolean {
    for (const { state } of this.table.rows.values()) if (!isFinished(state)) return false;
    return this.broker.ready().length === 0 && this.broker.waiting().length === 0;
  }

  /** Whether what resets did to the files is whole. */
  inspectFiles(): void {
    const { files, resets } = this.host;
    const givenUp = [...this.table.attempts.values()].some(({ status }) => status === 'cancelled');
    const chain = files.inPlace.get(CHAIN);
    const open = [...resets].flatMap(([nonce, progress]) => (hasEnded(progress) ? [] : [nonce]));
    const isLeft = files.aside.size + open.length > 0;
    if (givenUp && isLeft) return;
    this.watchman.insist(!isLeft, () => `I5: left aside: ${[...files.aside.keys(), ...open].join()}`);
    this.watchman.insist(chain?.hasWallet === true, () => 'I5: the wallet is gone');
  }

  nameOf(runId: string): string {
    return short(runId);
  }

  reached(point: Failpoint): void {
    this.reachedPoints.set(point, (this.reachedPoints.get(point) ?? 0) + 1);
  }

  end(): void {
    for (const worker of this.workers) if (worker) worker.actor.alive = false;
    this.api.alive = false;
  }
}
