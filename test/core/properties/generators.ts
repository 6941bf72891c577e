import fc from 'fast-check';
import { AGENTS, RECOVERY_AGENT } from '../../../core/agent.ts';
import type { Pipeline } from '../../../core/pipeline.ts';
import type { RecoveryPolicy } from '../../../core/recovery.ts';
import { decisionsOf, loaded } from '../fixtures/pipelines.ts';

/** Names that are only names, and names that JavaScript has a meaning for. */
const STAGE_IDS = ['a', 'b', 'c', 'd', 'constructor', 'toString', 'valueOf', 'hasOwnProperty'];
const WORDS_OF_THEIR_OWN = ['shrugged', 'constructor'];

/** What a command does is the worker's business; its words are any. */
const COMMAND = { argv: ['true'], decisions: [{ exitCode: 0, choice: 'done' }] };

const actions = Object.entries(AGENTS).flatMap(([agent, all]) =>
  Object.keys(all).map((action) => ({ agent: agent as keyof typeof AGENTS, action })),
);
const recovery = actions.filter(({ agent }) => agent === RECOVERY_AGENT);
const others = actions.filter(({ agent }) => agent !== RECOVERY_AGENT);

const stageShape = fc
  .oneof({ weight: 3, arbitrary: fc.constantFrom(...others) }, fc.constantFrom(...recovery))
  .chain(({ agent, action }) => {
    const [success = 'done', ...rest] = decisionsOf(agent, action);
    return fc
      .subarray([...rest, ...WORDS_OF_THEIR_OWN])
      .map((further) => ({ agent, action, choices: [success, ...further] }));
  });

type StageShape = typeof stageShape extends fc.Arbitrary<infer T> ? T : never;

/** Where one declared decision leads: an index into the stages, the end, or nowhere. */
const way = fc.oneof(
  { weight: 6, arbitrary: fc.nat(STAGE_IDS.length - 1) },
  { weight: 2, arbitrary: fc.constantFrom('end', 'end failed', 'end succeeded') },
  { weight: 1, arbitrary: fc.constant('nowhere') },
);

function connectionOf(from: number, condition: string, to: number | string, stages: number): object[] {
  if (to === 'nowhere') return [];
  const connection = { from: STAGE_IDS[from], condition };
  if (typeof to === 'number') return [{ ...connection, to: STAGE_IDS[to % stages] }];
  const [, ends] = to.split(' ');
  return [{ ...connection, to: null, ...(ends === undefined ? {} : { ends }) }];
}

function connectionsOf(shapes: StageShape[], ways: (number | string)[]): object[] {
  const declared = shapes.flatMap(({ choices }, from) => choices.map((condition) => ({ from, condition })));
  return declared.flatMap(({ from, condition }, index) =>
    connectionOf(from, condition, ways[index % ways.length] ?? 'nowhere', shapes.length),
  );
}

/** Any graph over the real agents and their decisions, with recovery stages or without, loaded and checked. */
export const pipelines: fc.Arbitrary<Pipeline> = fc
  .tuple(
    fc.array(stageShape, { minLength: 1, maxLength: STAGE_IDS.length }),
    fc.array(way, { minLength: 1, maxLength: 40 }),
  )
  .map(([shapes, ways]) =>
    loaded({
      id: 'generated',
      name: 'generated',
      stages: shapes.map(({ agent, action, choices }, index) => {
        const id = STAGE_IDS[index];
        const command = agent === 'command_runner' ? { command: COMMAND } : {};
        return { id, name: id, agent, action, decisions: choices.map((choice) => ({ choice })), ...command };
      }),
      flow: { connections: connectionsOf(shapes, ways) },
    }),
  );

export const policies: fc.Arbitrary<RecoveryPolicy> = fc.record({
  enabled: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
  targetedAttempts: fc.integer({ min: 1, max: 5 }),
  backoffSeconds: fc.array(fc.constantFrom(0, 1, 10, 60), { minLength: 1, maxLength: 4 }),
  maxStageAttempts: fc.integer({ min: 1, max: 15 }),
});

/** What the world answers next; read by `eventFor()` in the light of the work that is under way. */
export type Fate =
  | { kind: 'decides'; which: number }
  | { kind: 'babbles' }
  | { kind: 'breaks' }
  | { kind: 'heals'; reset: boolean }
  | { kind: 'fails to heal' }
  | { kind: 'is hopeless' }
  | { kind: 'begins again' }
  | { kind: 'is cancelled' }
  | { kind: 'is abandoned' };

const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('decides' as const), which: fc.nat(9) }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('heals' as const), reset: fc.boolean() }) },
  { weight: 8, arbitrary: fc.constant({ kind: 'fails to heal' as const }) },
  { weight: 8, arbitrary: fc.constant({ kind: 'breaks' as const }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'begins again' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'babbles' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { kind: 'is hopeless' as const },
      { kind: 'is cancelled' as const },
      { kind: 'is abandoned' as const },
    ),
  },
);

/** Repeated for as long as a run lasts. */
export const fates: fc.Arbitrary<Fate[]> = fc.array(fate, { minLength: 1, maxLength: 40 });
