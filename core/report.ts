import type { RuledOut } from './diagnosis/differential.ts';
import { type Closing, type Escalation, endOf } from './escalation.ts';
import { type Diagnosis, describeDiagnosis, type FailureType } from './failure.ts';
import { suggestedNextSteps } from './next-steps.ts';
import type { PortFact } from './observation.ts';
import type { Failure, IncidentStatus } from './run.ts';

/** What was seen of a host and of the logs of its stack at one moment. */
export interface Snapshot {
  /** ISO 8601 UTC, as all times here. */
  takenAt: string;
  logs: LogTail[];
  system: Partial<SystemFacts>;
  /** What could not be had, and why. */
  problems: string[];
}

export interface LogTail {
  component: string;
  file: string;
  /** The last ones; without the secrets that are known. */
  lines: string[];
}

export interface SystemFacts {
  uptimeSeconds: { host: number; worker: number };
  /** Over 1, 5 and 15 minutes. */
  loadAverage: number[];
  processors: number;
  memory: { totalBytes: number; availableBytes: number };
  disks: { path: string; freeBytes: number; totalBytes: number }[];
  /** Of the worker and of each component that runs; `null` limit: none. */
  descriptors: { process: string; pid: number; open: number; limit: number | null }[];
  ports: (PortFact & { component: string })[];
  versions: Record<string, string>;
}

/** What is on record about an incident. */
export interface IncidentFacts {
  id: string;
  environment: string;
  host: string;
  runId: string;
  pipeline: string;
  component: string | null;
  failure: FailureType | null;
  status: IncidentStatus;
  raised: Failure;
  evidence: string[];
  escalation: Escalation | Closing | null;
  occurredAt: string;
  detectedAt: string;
  /** Resolved or escalated. */
  endedAt: string | null;
  /** As of the first look that found something: what came later may have been of our own making. */
  ruledOut: RuledOut[];
  stages: StageFacts[];
  recoveries: RecoveryFacts[];
}

export interface StageFacts {
  stageId: string;
  status: string;
  decision: string | null;
  error: Failure | null;
  startedAt: string | null;
  finishedAt: string | null;
}

export interface RecoveryFacts {
  number: number;
  strategy: string | null;
  delaySeconds: number;
  outcome: string | null;
  reason: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  actions: { what: string; at: string; durationMs: number; result: string }[];
  /** What was still wrong afterwards. */
  after: Diagnosis[];
}

export interface TimelineEntry {
  at: string;
  what: string;
}

/** Everything that a person needs who is called to an incident. */
export interface IncidentReport {
  incident: Omit<IncidentFacts, 'ruledOut' | 'stages' | 'recoveries'>;
  nextSteps: string[];
  /** What was found last; where nothing was, what raised the incident. */
  findings: string[];
  /** What would have looked much the same, and what speaks against it. */
  ruledOut: RuledOut[];
  recoveries: RecoveryFacts[];
  timeline: TimelineEntry[];
  /** `null`: none was kept. */
  snapshot: Snapshot | null;
}

/** Assembles the report of an incident from what is on record and what was seen when it was escalated. */
export function assembleReport(facts: IncidentFacts, snapshot: Snapshot | null): IncidentReport {
  const { stages: _, ruledOut, recoveries, ...incident } = facts;
  const { environment, component, failure, escalation } = incident;
  return {
    incident,
    nextSteps: suggestedNextSteps({ environment, component, failure, reason: escalation?.reason ?? null }),
    findings: findingsOf(facts),
    ruledOut,
    recoveries,
    timeline: timelineOf(facts),
    snapshot,
  };
}

function findingsOf({ recoveries, evidence, raised }: IncidentFacts): string[] {
  const last = recoveries.at(-1)?.after ?? [];
  if (last.length > 0) return last.map(describeDiagnosis);
  return evidence.length > 0 ? evidence : [`${raised.code}: ${raised.message}`];
}

/** In the order of time; what happened in the same instant stays in the order in which it is listed here. */
function timelineOf({
  occurredAt,
  detectedAt,
  endedAt,
  raised,
  status,
  escalation,
  ...facts
}: IncidentFacts) {
  const entries: { at: string | null; what: string }[] = [
    { at: occurredAt, what: 'it happened, as far as is known' },
    { at: detectedAt, what: `detected: ${raised.code}: ${raised.message}` },
    ...facts.stages.flatMap(stageEntries),
    ...facts.recoveries.flatMap(recoveryEntries),
    { at: endedAt, what: escalation ? `${endOf(escalation)}: ${escalation.reason}` : status },
  ];
  return entries
    .filter((entry): entry is TimelineEntry => entry.at !== null)
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

function stageEntries({ stageId, status, decision, error, startedAt, finishedAt }: StageFacts) {
  const end = decision ?? (error ? `${error.code}: ${error.message}` : '');
  return [
    { at: startedAt, what: `stage ${stageId} begins` },
    { at: finishedAt, what: `stage ${stageId} ${status}${end === '' ? '' : `: ${end}`}` },
  ];
}

function recoveryEntries(recovery: RecoveryFacts) {
  const { number, strategy, startedAt, finishedAt, outcome, reason, actions } = recovery;
  const how = strategy === null ? '' : ` (${strategy})`;
  return [
    { at: startedAt, what: `recovery attempt ${number}${how} begins` },
    ...actions.map(({ at, what, result, durationMs }) => ({
      at,
      what: `${what}: ${result} (${durationMs} ms)`,
    })),
    { at: finishedAt, what: `recovery attempt ${number}: ${[outcome, reason].filter(Boolean).join(': ')}` },
  ];
}
