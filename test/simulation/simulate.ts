import type { Pipeline } from '../../core/pipeline.ts';
import { forward, healing, linear, loaded, pipelineOf, sketch } from '../core/fixtures/pipelines.ts';
import type { Command, Schedule } from './schedule.ts';
import { Chance } from './world/chance.ts';
import type { SimulatedWorker } from './world/worker.ts';
import { World, type WorldOptions } from './world/world.ts';

/** Read-only: it runs beside others. */
const look = pipelineOf({ verify: 'daemon_pool_connector/verify_connection' }, [
  'verify -connection_verified-> end',
]);
const command = loaded({
  ...sketch({}, ['run -done-> end']),
  stages: [
    {
      ...{ id: 'run', name: 'run', agent: 'command_runner', action: 'run_command' },
      command: { argv: ['true'], decisions: [{ exitCode: 0, choice: 'done' }] },
      decisions: [{ choice: 'done' }],
    },
  ],
});
const PIPELINES: readonly Pipeline[] = [
  ...[linear, healing, forward],
  { ...look, id: 'look' },
  { ...command, id: 'command' },
];

/** Within which everything ends once the faults are over, in simulated time. */
const BOUND_MS = 600_000;
const BOUND_EACH_MS = 240_000;

export interface Outcome {
  /** The rule that was broken; `null`: none was. */
  broken: string | null;
  trace: string[];
  /** Simulated time from the end of the faults until all was done. */
  drainedAfterMs: number;
  runs: number;
  effects: number;
  ends: string[];
  reached: ReadonlyMap<string, number>;
}

/** One schedule: faults, then a quiet time in which everything must come to its end. */
export async function simulate(schedule: Schedule, options: WorldOptions = {}): Promise<Outcome> {
  const world = new World({ ...options, maxRecoveryAttempts: schedule.maxRecoveryAttempts });
  world.start(0);
  for (const command of schedule.commands) {
    if (world.watchman.broken) break;
    world.time.note(() => `-- ${JSON.stringify(command)}`);
    await carryOut(command, world);
  }
  const quietAtMs = world.time.nowMs;
  if (!world.watchman.broken) await comeToRest(world, new Chance(schedule.salt));
  world.end();
  const rows = [...world.table.rows.values()];
  return {
    broken: world.watchman.broken?.message ?? null,
    trace: world.time.trace ?? [],
    drainedAfterMs: world.time.nowMs - quietAtMs,
    runs: rows.length,
    effects: world.host.effects.size,
    ends: rows.map(({ status }) => status),
    reached: world.reachedPoints,
  };
}

async function carryOut(command: Command, world: World): Promise<void> {
  const { host, broker, door } = world;
  const worker = 'worker' in command ? (world.workers[command.worker] ?? null) : null;
  const chance = new Chance('salt' in command ? command.salt : 0);
  switch (command.kind) {
    case 'steps':
      for (let count = 0; count < command.count && !world.watchman.broken; count++) await world.step(chance);
      return;
    case 'pass':
      return await world.pass(command.ms, chance);
    case 'stall':
      return await world.stall(command.ms, chance);
    case 'post':
      return world.post(pick(PIPELINES, command.pipeline), {
        key: `key-${command.key}`,
        repeats: command.repeats,
      });
    case 'start':
      return world.start(command.worker);
    case 'fate':
      host.fates.push(command.fate);
      return;
    case 'break':
      return host.break(command.component);
    case 'stubborn':
      host.stubborn += command.starts;
      return;
    case 'database':
      door.isDown = command.isDown;
      return;
    case 'lose answers':
      door.answersToLose += command.count;
      return;
    case 'queue':
      broker.mood = command.mood;
      broker.isStuck = command.isStuck;
      return;
    case 'flush':
      return broker.flush();
    default:
      if (worker) await happenTo(worker, command, world, chance);
      return callOrOrder(command, world);
  }
}

async function happenTo(
  worker: SimulatedWorker,
  command: Command,
  world: World,
  chance: Chance,
): Promise<void> {
  if (command.kind === 'kill') world.crash(worker, 'kill -9', chance);
  if (command.kind === 'arm') worker.armed.push(command.point);
  if (command.kind === 'freeze') world.freeze(worker);
  if (command.kind === 'thaw') await world.thaw(worker, chance);
  if (command.kind === 'sleep') await world.sleep(worker, command.ms, chance);
  if (command.kind === 'lose fence') world.loseFence(worker);
}

function callOrOrder(command: Command, world: World): void {
  if (!('which' in command)) return;
  const { broker, table } = world;
  const run = choose([...table.rows.values()], command.which);
  const job = choose(broker.waiting(), command.which);
  if (command.kind === 'lose call' && job?.state === 'waiting') broker.lose(job);
  if (command.kind === 'repeat call' && job) broker.slip(job.wake);
  if (command.kind === 'forge call' && run)
    broker.slip({ kind: 'stages', runId: run.id, dispatch: command.dispatch });
  if (command.kind === 'cancel' && run) {
    world.isDeaf = command.isDeaf;
    world.cancel(run);
  }
  if (command.kind === 'resume' && run) world.resume(run);
  if (command.kind === 'retry now' && run) world.retryNow(run);
}

/** The faults are over. Everything that was accepted must come to its end within the bound: I1, I6. */
async function comeToRest(world: World, chance: Chance): Promise<void> {
  const { host, broker, door, time, table, watchman } = world;
  time.note(() => '-- the faults are over');
  Object.assign(door, { isDown: false, answersToLose: 0 });
  Object.assign(broker, { mood: 'well', isStuck: false });
  world.isSupervised = true;
  host.stubborn = 0;
  host.fates = [];
  for (const [slot, worker] of world.workers.entries()) {
    if (worker) {
      worker.armed.length = 0;
      await world.thaw(worker, chance);
    }
    world.start(slot);
  }
  const boundMs = BOUND_MS + table.rows.size * BOUND_EACH_MS;
  await world.pass(boundMs, chance, () => world.isDrained());
  if (watchman.broken) return;
  for (const { id, status } of table.rows.values())
    if (!['succeeded', 'failed', 'escalated', 'cancelled'].includes(status))
      watchman.object(`I1, I6: run ${id} is ${status} ${boundMs / 1000} s after the faults`);
  watchman.insist(world.isDrained(), () => 'I6: the queue is not drained');
  world.inspectFiles();
}

function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

function choose<T>(items: readonly T[], index: number): T | undefined {
  return items[index % Math.max(1, items.length)];
}
