import fc from 'fast-check';
import { FAILPOINTS } from '../../core/failpoint.ts';
import { COMPONENTS, FATES, type Fate } from './world/host.ts';

const WORKERS = 2;
const PIPELINES = 5;

const salt = fc.nat(0xffff);
const worker = fc.nat(WORKERS - 1);
const which = fc.nat(7);
/** Shorter and longer than a deadline, a pause, a delay, half a lease and a lease. */
const duration = fc.constantFrom<number>(50, 600, 3_500, 5_500, 11_000, 32_000, 65_000, 130_000);

/** One thing that happens next in the world. */
const command = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constant('steps' as const),
      count: fc.integer({ min: 1, max: 25 }),
      salt,
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: duration, salt }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stall' as const), ms: duration, salt }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      pipeline: fc.nat(PIPELINES - 1),
      repeats: fc.boolean(),
      key: fc.nat(5),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('kill' as const), worker, salt }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('arm' as const),
      worker,
      point: fc.constantFrom(...FAILPOINTS),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('freeze' as const), worker }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('thaw' as const), worker, salt }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const), worker, ms: duration, salt }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose fence' as const), worker }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('fate' as const), fate: fc.constantFrom<Fate>(...FATES) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('break' as const), component: fc.constantFrom(...COMPONENTS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('stubborn' as const), starts: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('database' as const), isDown: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('lose answers' as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('queue' as const),
      mood: fc.constantFrom('well' as const, 'failing' as const, 'vague' as const),
      isStuck: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose call' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat call' as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('forge call' as const), which, dispatch: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which, isDeaf: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retry now' as const), which }) },
);

export type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Everything that makes one run of the simulation what it is. */
export interface Schedule {
  commands: Command[];
  /** Of the order in which things happen once the faults are over. */
  salt: number;
  maxRecoveryAttempts: number;
}

/** Into a repair that helps nothing or into the reset that follows it, and struck there: chance alone hardly gets so far. */
const opening: fc.Arbitrary<Command[]> = fc
  .record({
    ms: fc.constantFrom(400, 600, 1_900, 14_900, 15_500, 17_900),
    count: fc.integer({ min: 1, max: 25 }),
    salt,
    blow: fc.constantFrom('lose fence' as const, 'kill' as const, 'freeze' as const),
  })
  .map(({ ms, count, salt, blow }) => [
    { kind: 'stubborn', starts: 500 },
    { kind: 'fate', fate: 'breaks' },
    { kind: 'post', pipeline: 0, repeats: false, key: 0 },
    { kind: 'pass', ms, salt },
    { kind: 'steps', count, salt },
    { kind: blow, worker: 0, salt },
  ]);

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  commands: fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: fc.constant<Command[]>([]) }, { weight: 1, arbitrary: opening }),
      fc.array(command, { minLength: 5, maxLength: 40, size: 'max' }),
    )
    .map((parts) => parts.flat()),
  salt,
  maxRecoveryAttempts: fc.constantFrom(1, 3),
});
