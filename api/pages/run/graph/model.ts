import { polarityOf, RECOVERY_AGENT } from '../../../../core/agent.ts';
import {
  findStage,
  type Pipeline,
  type RunEnding,
  recoveryStageFor,
  route,
} from '../../../../core/pipeline.ts';
import type { Incident, RunHistory, StageAttempt } from '../../../../db/history.ts';
import { type StageProgress, stageProgress } from '../../../runs/view.ts';

export interface GraphNode {
  id: string;
  kind: 'stage' | 'recovery' | 'end';
  title: string;
  status: StageProgress['status'];
  attempts: number;
  /** Where the run is now, at work or waiting to go on. */
  isCurrent: boolean;
  isWaiting: boolean;
  /** The last attempt, to look at. */
  attemptId: string | null;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** The decisions that lead this way. */
  decisions: { choice: string; isTaken: boolean }[];
  /** How often the run went this way. */
  taken: number;
  /** Davylamp goes it without being told by the pipeline. */
  isImplicit: boolean;
}

export interface PipelineGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

/** A run as far as its graph shows it. */
export interface CharteredRun {
  pipeline: Pipeline;
  history: RunHistory;
  currentStage: string | null;
  isRecovering: boolean;
  /** Between two recovery attempts. */
  isWaiting: boolean;
  finished: boolean;
}

/** The pipeline as a graph, with the way that the run took through it. */
export function graphOf(run: CharteredRun): PipelineGraph {
  const recoveries = implicitRecoveries(run);
  const edges = [...declaredEdges(run), ...recoveries.flatMap((incident) => recoveryEdges(incident, run))];
  return {
    nodes: [
      ...run.pipeline.stages.map((stage) => stageNode(stage, run, recoveries)),
      ...recoveries.map((incident) => recoveryNode(incident, run)),
      ...endNodes(edges),
    ],
    edges,
  };
}

const END = { succeeded: 'end:succeeded', failed: 'end:failed', escalated: 'end:escalated' } as const;
const END_TITLES = { succeeded: 'done', failed: 'failed', escalated: 'needs a person' } as const;

function stageNode(
  { id, name }: { id: string; name: string },
  { history, currentStage, isRecovering, isWaiting, finished }: CharteredRun,
  recoveries: readonly Incident[],
): GraphNode {
  const own = history.stageAttempts.filter(({ stageId }) => stageId === id);
  const { status, attempts } = stageProgress(own, finished);
  const isUnderRepair = isRecovering && recoveries.some(({ stageId }) => stageId === id);
  const isCurrent = id === currentStage && !isUnderRepair;
  return {
    id,
    kind: 'stage',
    title: name,
    status,
    attempts,
    isCurrent,
    isWaiting: isCurrent && isWaiting,
    attemptId: own.at(-1)?.id ?? null,
  };
}

function declaredEdges({ pipeline, history }: CharteredRun): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  for (const { from, to, condition } of pipeline.flow.connections) {
    const target = to ?? endOf(pipeline, from, condition);
    const key = JSON.stringify([from, target]);
    const edge = edges.get(key) ?? { from, to: target, decisions: [], taken: 0, isImplicit: false };
    const times =
      history.stageAttempts.filter((attempt) => tookIt(attempt, from, condition)).length +
      Number(foundByTheWatch(pipeline, history, { from, to, condition }));
    edge.decisions.push({ choice: condition, isTaken: times > 0 });
    edge.taken += times;
    edges.set(key, edge);
  }
  return [...edges.values()];
}

/** A stage that is only checked again goes on where the flow had come to, not along its own connection. */
function tookIt({ stageId, decision, purpose }: StageAttempt, from: string, choice: string): boolean {
  return stageId === from && decision === choice && purpose === 'flow';
}

/** A run of the watch begins behind its first stage, whose finding is what called for it. */
function foundByTheWatch(
  { stages }: Pipeline,
  { stageAttempts }: RunHistory,
  { from, to, condition }: { from: string; to: string | null; condition: string },
): boolean {
  const [first] = stages;
  const [began] = stageAttempts;
  const isBehind = began !== undefined && began.stageId !== first?.id && began.stageId === to;
  return isBehind && from === first?.id && polarityOf(first, condition) === 'negative';
}

function endOf(pipeline: Pipeline, stageId: string, decision: string): string {
  const way = route(pipeline, stageId, decision);
  return END[way.kind === 'end' ? way.ending : 'failed'];
}

function endNodes(edges: readonly GraphEdge[]): GraphNode[] {
  return (Object.entries(END) as [RunEnding, string][])
    .filter(([, id]) => edges.some(({ to }) => to === id))
    .map(([ending, id]) => {
      const isReached = edges.some(({ to, taken }) => to === id && taken > 0);
      return {
        id,
        kind: 'end',
        title: END_TITLES[ending],
        status: isReached ? (ending === 'succeeded' ? 'succeeded' : 'failed') : 'pending',
        attempts: 0,
        isCurrent: false,
        isWaiting: false,
        attemptId: null,
      };
    });
}

/** The last incident of each stage that the flow leads to no recovery from: it was repaired all the same. */
function implicitRecoveries({ pipeline, history }: CharteredRun): Incident[] {
  const byStage = new Map<string, Incident>();
  for (const incident of history.incidents) {
    const { stageId, id } = incident;
    const stage = stageId === null ? undefined : findStage(pipeline, stageId);
    if (!stage || stage.agent === RECOVERY_AGENT || recoveryStageFor(pipeline, stage.id) !== null) continue;
    if (history.recoveryAttempts.some(({ incidentId }) => incidentId === id)) byStage.set(stage.id, incident);
  }
  return [...byStage.values()];
}

const recoveryIdOf = ({ stageId }: Incident) => `recovery:${stageId}`;

function recoveryNode(
  incident: Incident,
  { history, currentStage, isRecovering, isWaiting }: CharteredRun,
): GraphNode {
  const own = history.recoveryAttempts.filter(({ incidentId }) => incidentId === incident.id);
  const isCurrent = isRecovering && incident.status === 'open' && incident.stageId === currentStage;
  return {
    id: recoveryIdOf(incident),
    kind: 'recovery',
    title: 'Recovery',
    status: isCurrent ? 'running' : incident.status === 'resolved' ? 'succeeded' : 'failed',
    attempts: own.length,
    isCurrent,
    isWaiting: isCurrent && isWaiting,
    attemptId: own.at(-1)?.id ?? null,
  };
}

/** There and back again: the stage failed, and is tried anew. */
function recoveryEdges(incident: Incident, { history }: CharteredRun): GraphEdge[] {
  const { stageId, id } = incident;
  if (stageId === null) return [];
  const own = history.recoveryAttempts.filter(({ incidentId }) => incidentId === id);
  const healed = own.filter(({ outcome }) =>
    ['recovery_successful', 'environment_reset'].includes(outcome ?? ''),
  );
  const edge = (from: string, to: string, choice: string, taken: number): GraphEdge => ({
    from,
    to,
    decisions: [{ choice, isTaken: taken > 0 }],
    taken,
    isImplicit: true,
  });
  const recovery = recoveryIdOf(incident);
  return [edge(stageId, recovery, 'failed', 1), edge(recovery, stageId, 'try_again', healed.length)];
}
