import { z } from 'zod';
import { mutates, polarityOf, RECOVERY_AGENT } from './agent.ts';
import { commandSchema } from './command.ts';
import { type Problem, zodProblems } from './errors.ts';
import { graphProblems, type Sketch } from './pipeline-graph.ts';
import { RESET_TYPES } from './reset.ts';
import { identifier } from './text.ts';

const prose = z.string().max(4096).default('');

const decisionSchema = z.looseObject({ choice: identifier, description: prose });

const stageSchema = z.looseObject({
  id: identifier,
  name: z.string().min(1).max(256),
  agent: identifier,
  description: prose,
  inputs: z.array(identifier).max(100).default([]),
  decisions: z.array(decisionSchema).min(1).max(50),
  action: identifier
    .describe("Which of its agent's actions the stage does, where the declared decisions do not tell.")
    .optional(),
  timeoutSeconds: z
    .number()
    .positive()
    .max(86_400)
    .describe('How long one attempt may take before it counts as failed.')
    .optional(),
  reset: z
    .enum(RESET_TYPES)
    .optional()
    .describe(
      'What an environment reset does beside stopping and starting everything; soft where it is missing.',
    ),
  command: commandSchema.optional(),
});

const connectionSchema = z.looseObject({
  from: identifier,
  to: identifier.nullable().describe('The next stage; null ends the run.'),
  condition: identifier.describe('The decision of `from` that leads this way.'),
  description: prose,
  ends: z
    .enum(['succeeded', 'failed'])
    .describe(
      "How the run ends where `to` is null: overrides what the decision means. Davylamp's own extension.",
    )
    .optional(),
});

const STAGES_MAX = 500;
const CONNECTIONS_MAX = 5000;

/** The pipeline format. Fields that we do not know are kept as they are. */
export const pipelineSchema = z.looseObject({
  id: identifier,
  name: z.string().min(1).max(256),
  description: prose,
  version: z.string().max(64).default('0'),
  category: z.string().max(128).default(''),
  stages: z.array(stageSchema).min(1).max(STAGES_MAX).describe('A run starts with the first.'),
  flow: z.looseObject({
    type: z.string().max(128).default(''),
    description: prose,
    connections: z.array(connectionSchema).max(CONNECTIONS_MAX),
  }),
  metadata: z.record(z.string(), z.unknown()).default({}),
});

export type Stage = z.infer<typeof stageSchema>;
export type Connection = z.infer<typeof connectionSchema>;
export type Pipeline = z.infer<typeof pipelineSchema>;

export type LoadedPipeline =
  | { ok: true; pipeline: Pipeline; warnings: Problem[] }
  | { ok: false; problems: Problem[]; warnings: Problem[] };

/** Reads a pipeline document: its shape first, then its graph. Every problem at once, each with its path. */
export function loadPipeline(document: unknown): LoadedPipeline {
  const parsed = pipelineSchema.safeParse(document);
  if (!parsed.success) {
    const problems = [...zodProblems(parsed.error), ...graphProblems(sketchOf(document))];
    return { ok: false, problems, warnings: [] };
  }
  const pipeline = parsed.data;
  const problems = graphProblems(sketchOf(pipeline));
  const warnings = [...unreachableStages(pipeline), ...unroutedDecisions(pipeline)];
  return problems.length > 0 ? { ok: false, problems, warnings } : { ok: true, pipeline, warnings };
}

/** What of a document can be read as stages and connections, so that one mistake does not hide the others. */
function sketchOf(document: unknown): Sketch {
  const { stages, flow } = outline.parse(document);
  return {
    stages: stages.slice(0, STAGES_MAX).map((stage) => stageSchema.safeParse(stage).data ?? null),
    ids: stages.slice(0, STAGES_MAX).map((stage) => named.safeParse(stage).data?.id ?? null),
    connections: flow.connections
      .slice(0, CONNECTIONS_MAX)
      .map((connection) => connectionSchema.safeParse(connection).data ?? null),
  };
}

const list = z.array(z.unknown()).catch([]);
const outline = z
  .object({ stages: list, flow: z.object({ connections: list }).catch({ connections: [] }) })
  .catch({ stages: [], flow: { connections: [] } });
const named = z.object({ id: z.string() });

function unreachableStages(pipeline: Pipeline): Problem[] {
  const first = pipeline.stages[0];
  if (!first) return [];
  const reached = reachableFrom(pipeline, first.id);
  return pipeline.stages.flatMap(({ id }, index) =>
    reached.has(id) ? [] : [{ path: `stages[${index}]`, message: `no connection leads to "${id}"` }],
  );
}

function unroutedDecisions({ stages, flow }: Pipeline): Problem[] {
  return stages.flatMap((stage, index) =>
    stage.decisions.flatMap(({ choice }, position) =>
      flow.connections.some(({ from, condition }) => from === stage.id && condition === choice)
        ? []
        : [
            {
              path: `stages[${index}].decisions[${position}]`,
              message: `"${choice}" leads nowhere: it fails the stage`,
            },
          ],
    ),
  );
}

/** The stages that can follow `start` (itself included), not going on beyond a stage that `stop` names. */
export function reachableFrom(
  pipeline: Pipeline,
  start: string,
  stop?: (stage: Stage) => boolean,
): Set<string> {
  const reached = new Set([start]);
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const stage = findStage(pipeline, id);
    if (!stage || stop?.(stage)) continue;
    for (const { from, to } of pipeline.flow.connections)
      if (from === id && to !== null && !reached.has(to)) {
        reached.add(to);
        open.push(to);
      }
  }
  return reached;
}

export function findStage(pipeline: Pipeline, id: string): Stage | undefined {
  return pipeline.stages.find((stage) => stage.id === id);
}

/** The stage of that id, which a pinned, checked definition must have. */
export function stageOf(pipeline: Pipeline, id: string): Stage {
  const stage = findStage(pipeline, id);
  if (!stage) throw new RangeError(`pipeline ${pipeline.id} has no stage ${id}`);
  return stage;
}

export function isRecoveryStage(stage: Stage): boolean {
  return stage.agent === RECOVERY_AGENT;
}

/** Whether runs of this pipeline change anything, and so hold their environment. The others only look. */
export function isMutating(pipeline: Pipeline): boolean {
  return pipeline.stages.some(mutates);
}

export type RunEnding = 'succeeded' | 'failed' | 'escalated';

export type Route =
  | { kind: 'stage'; stageId: string }
  | { kind: 'recovery'; stageId: string }
  | { kind: 'end'; ending: RunEnding }
  | {
      kind: 'failed';
      code: 'undeclared_decision' | 'unrouted_decision' | 'negative_decision';
      reason: string;
    };

/**
 * Where a decision leads. Fails closed: a decision that the stage does not declare, or that no connection
 * takes, is a failure of the stage.
 */
export function route(pipeline: Pipeline, stageId: string, decision: string): Route {
  const stage = stageOf(pipeline, stageId);
  if (!stage.decisions.some(({ choice }) => choice === decision))
    return {
      kind: 'failed',
      code: 'undeclared_decision',
      reason: `stage ${stageId} does not declare "${decision}"`,
    };
  const polarity = polarityOf(stage, decision);
  const connection = pipeline.flow.connections.find(
    ({ from, condition }) => from === stageId && condition === decision,
  );
  if (!connection) {
    const code = polarity === 'negative' ? 'negative_decision' : 'unrouted_decision';
    return { kind: 'failed', code, reason: `no connection takes "${decision}" of stage ${stageId}` };
  }
  if (connection.to === null) return { kind: 'end', ending: connection.ends ?? ENDING[polarity] };
  const next = stageOf(pipeline, connection.to);
  return { kind: isRecoveryStage(next) ? 'recovery' : 'stage', stageId: next.id };
}

const ENDING = { positive: 'succeeded', negative: 'failed', escalation: 'escalated' } as const;

/** The recovery stage to which the flow routes some decision of this stage; `null` where recovery is implicit. */
export function recoveryStageFor(pipeline: Pipeline, stageId: string): string | null {
  const connection = pipeline.flow.connections.find(({ from, to }) => {
    const target = from === stageId && to !== null ? findStage(pipeline, to) : undefined;
    return target !== undefined && isRecoveryStage(target);
  });
  return connection?.to ?? null;
}
