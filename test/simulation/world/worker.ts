import type { Failpoint } from '../../../core/failpoint.ts';
import type { Claimant } from '../../../db/claims.ts';
import type { RunStore } from '../../../db/run-store.ts';
import type { Clock } from '../../../worker/clock.ts';
import { pause } from '../../../worker/clock.ts';
import { type Engine, openEngine } from '../../../worker/engine.ts';
import { type ReconcileOptions, reconcile, takeUp } from '../../../worker/reconcile.ts';
import type { Job } from './queue.ts';
import { type Actor, newActor } from './time.ts';
import type { World } from './world.ts';

/** Three times as long as in `main.ts`: what happens is the same, and takes a third of the steps. */
const RECONCILE_MS = 3_000;
const REGISTER_MS = 2_000;
const CONCURRENCY = 8;

class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

/** One life of a worker: the real engine and reconciler, on the ports of the simulated world. */
export class SimulatedWorker {
  readonly actor: Actor;
  readonly id: string;
  readonly clock: Clock;
  readonly store: RunStore;
  readonly engine: Engine;
  /** The environments whose fence it believes to hold. */
  readonly fenced = new Set<string>();
  private readonly adopted = new Set<string>();
  private readonly world: World;
  private inHand = 0;
  /** The failpoints at which it is to end, each once. */
  readonly armed: Failpoint[] = [];
  /** Operations up to this number were asked for before it heard that it is not to act any more. */
  unawareUpTo = 0;
  wokeAtMs = Number.NEGATIVE_INFINITY;

  constructor(id: string, world: World) {
    this.id = id;
    this.world = world;
    this.actor = newActor(id);
    this.clock = world.clockOf(this.actor);
    this.store = world.storeOf(this);
    this.engine = openEngine({
      store: this.store,
      dispatcher: world.dispatcherOf(this.actor) as never,
      work: world.workOf(this),
      settings: { current: async () => world.settings },
      clock: this.clock,
      host: world.hostName,
      registry: { claimant: () => this.claimant(), stack: (id) => world.stackFor(this, id) },
      reach: (point, where) => this.reach(point, where),
      log: (_level, message, data) =>
        world.time.note(() => `${this.id} says: ${message} ${JSON.stringify(data)}`),
    });
    void this.begin().catch(() => {});
  }

  get isAwake(): boolean {
    return this.actor.alive && !this.actor.frozen;
  }

  get hasRoom(): boolean {
    return this.isAwake && this.isConsuming && this.inHand < CONCURRENCY;
  }

  private isConsuming = false;

  claimant(): Claimant {
    return { workerId: this.id, host: this.world.hostName, environmentIds: [...this.fenced] };
  }

  /** A call from the queue, as in `main.ts`. */
  async wake(job: Job): Promise<void> {
    const { runId, stageId = 'recovery' } = this.world.broker.take(job, this.actor);
    this.inHand++;
    await this.engine.handle(runId);
    this.inHand--;
    this.reach('acknowledge', stageId);
    await this.world.time.ask(this.actor, {
      target: 'queue',
      name: 'acknowledge a call',
      execute: () => this.world.broker.acknowledge(job, this.actor),
    });
  }

  /** The kernel took its fence. */
  lost(environmentId: string): void {
    this.fenced.delete(environmentId);
    this.adopted.delete(environmentId);
    if (!this.world.sabotage.staysWhereItWas) this.engine.leave(environmentId);
  }

  private async begin(): Promise<void> {
    await this.again(() => this.register());
    this.every(REGISTER_MS, () => this.register());
    this.every(RECONCILE_MS, () => reconcile(this.reconciling()));
  }

  private reconciling(): ReconcileOptions {
    const { store, engine } = this;
    const dispatcher = this.world.dispatcherOf(this.actor) as never;
    const registry = { claimant: () => this.claimant() };
    return { store, dispatcher, registry, engine, host: this.world.hostName };
  }

  /** As `main.ts` does it: who has not held an environment yet takes no calls. */
  private async register(): Promise<void> {
    await this.refresh();
    if (this.fenced.size > 0) this.isConsuming = true;
  }

  /** A start that fails is a crash, after which the supervisor starts anew: here it is tried again. */
  private async again(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch {
        await pause(this.clock, REGISTER_MS);
      }
    }
  }

  private every(intervalMs: number, work: () => Promise<void>): void {
    const turn = () =>
      void work()
        .catch(() => {})
        .then(() => this.clock.after(intervalMs, turn));
    this.clock.after(intervalMs, turn);
  }

  /** As `registry.ts` does it. */
  private async refresh(): Promise<void> {
    const { world, actor } = this;
    for (const environmentId of world.environmentIds) {
      if (!this.fenced.has(environmentId)) {
        const isOurs = await world.time.ask(actor, {
          target: 'host',
          name: 'take the fence, if it is free',
          execute: () => world.takeFence(environmentId, this),
        });
        if (!isOurs) continue;
        this.fenced.add(environmentId);
      }
      if (this.adopted.has(environmentId)) continue;
      const claimant = { ...this.claimant(), environmentIds: [environmentId] };
      await world.door.query(actor, 'take over leases', () => world.table.takeOverLeases(claimant));
      this.adopted.add(environmentId);
      await takeUp(this.reconciling());
    }
  }

  private reach(point: Failpoint, where: string): void {
    this.world.reached(point);
    const armed = this.armed.indexOf(point);
    if (armed < 0 || !this.actor.alive) return;
    this.armed.splice(armed, 1);
    this.world.crash(this, `at ${point} of ${where}`);
    throw new SimulatedCrash(point);
  }

  /** For the work: a stage of it may end it. */
  reachIn(point: Failpoint, where: string): void {
    this.reach(point, where);
  }
}
