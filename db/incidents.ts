import { and, asc, desc, eq, inArray, lt } from 'drizzle-orm';
import type { RuledOut } from '../core/diagnosis/differential.ts';
import type { Diagnosis } from '../core/failure.ts';
import type { IncidentFacts, RecoveryFacts, Snapshot, StageFacts } from '../core/report.ts';
import type { IncidentStatus } from '../core/run.ts';
import { actionPhrase } from '../core/words/action.ts';
import type { Database, Drizzle } from './connection.ts';
import type { Incident, RecoveryAttempt, StageAttempt } from './history.ts';
import { environments, incidentReports, incidents, recoveryAttempts, runs, stageAttempts } from './schema.ts';

export interface IncidentDetail {
  incident: Incident;
  environment: string;
  host: string;
  pipeline: string;
  recoveryAttempts: RecoveryAttempt[];
}

export interface IncidentFilter {
  environment?: string;
  host?: string;
  status?: readonly IncidentStatus[];
  component?: string;
  /** Only incidents older than this one: the cursor. */
  before?: string;
}

/** The newest incidents first, with their recovery attempts. */
export async function listIncidents(
  database: Database,
  filter: IncidentFilter,
  limit: number,
): Promise<IncidentDetail[]> {
  const conditions = [
    filter.environment && eq(environments.name, filter.environment),
    filter.host && eq(environments.host, filter.host),
    filter.status && inArray(incidents.status, [...filter.status]),
    filter.component && eq(incidents.component, filter.component),
    filter.before && lt(incidents.id, filter.before),
  ].filter((condition) => typeof condition === 'object');
  return await database.query(async (db) => {
    const found = await selectIncidents(db)
      .where(and(...conditions))
      .orderBy(desc(incidents.id))
      .limit(limit);
    return await withAttempts(db, found);
  });
}

export async function findIncident(database: Database, id: string): Promise<IncidentDetail | null> {
  const [found] = await database.query(async (db) =>
    withAttempts(db, await selectIncidents(db).where(eq(incidents.id, id))),
  );
  return found ?? null;
}

function selectIncidents(db: Drizzle) {
  return db
    .select({
      incident: incidents,
      environment: environments.name,
      host: environments.host,
      pipeline: runs.pipelineName,
    })
    .from(incidents)
    .innerJoin(environments, eq(environments.id, incidents.environmentId))
    .innerJoin(runs, eq(runs.id, incidents.runId));
}

async function withAttempts(
  db: Drizzle,
  found: readonly Omit<IncidentDetail, 'recoveryAttempts'>[],
): Promise<IncidentDetail[]> {
  if (found.length === 0) return [];
  const ids = found.map(({ incident }) => incident.id);
  const attempts = await db
    .select()
    .from(recoveryAttempts)
    .where(inArray(recoveryAttempts.incidentId, ids))
    .orderBy(asc(recoveryAttempts.id));
  return found.map((detail) => ({
    ...detail,
    recoveryAttempts: attempts.filter(({ incidentId }) => incidentId === detail.incident.id),
  }));
}

/** What is on record about an incident, and what was seen when it was escalated; `null`: there is none. */
export async function incidentRecord(
  database: Database,
  id: string,
): Promise<{ facts: IncidentFacts; snapshot: Snapshot | null } | null> {
  const detail = await findIncident(database, id);
  if (detail === null) return null;
  const { runId } = detail.incident;
  return await database.query(async (db) => {
    const [stages, [kept]] = await Promise.all([
      db.select().from(stageAttempts).where(eq(stageAttempts.runId, runId)).orderBy(asc(stageAttempts.id)),
      db.select().from(incidentReports).where(eq(incidentReports.incidentId, id)),
    ]);
    return { facts: factsOf(detail, stages), snapshot: kept?.snapshot ?? null };
  });
}

function factsOf(detail: IncidentDetail, stages: readonly StageAttempt[]): IncidentFacts {
  const { incident, environment, host, pipeline } = detail;
  const { id, runId, component, failure, status, raised, evidence, escalation } = incident;
  return {
    id,
    environment,
    host,
    runId,
    pipeline,
    component,
    failure,
    status,
    raised,
    evidence,
    escalation,
    occurredAt: incident.occurredAt.toISOString(),
    detectedAt: incident.detectedAt.toISOString(),
    endedAt: incident.resolvedAt?.toISOString() ?? null,
    stages: stages.filter((stage) => isAbout(stage, incident)).map(stageFacts),
    ruledOut: ruledOutFirst(detail),
    recoveries: detail.recoveryAttempts.map(recoveryFacts),
  };
}

function ruledOutFirst({ recoveryAttempts }: IncidentDetail): RuledOut[] {
  for (const { evidence } of recoveryAttempts)
    if (Array.isArray(evidence.ruledOut) && evidence.ruledOut.length > 0) return evidence.ruledOut;
  return [];
}

/** Stages of the run that were at work while the incident was. */
function isAbout({ startedAt, finishedAt }: StageAttempt, { occurredAt, resolvedAt }: Incident): boolean {
  if (startedAt === null) return false;
  return (
    (finishedAt === null || finishedAt >= occurredAt) && (resolvedAt === null || startedAt <= resolvedAt)
  );
}

function stageFacts({ stageId, status, decision, error, startedAt, finishedAt }: StageAttempt): StageFacts {
  return { stageId, status, decision, error, startedAt: text(startedAt), finishedAt: text(finishedAt) };
}

function recoveryFacts(attempt: RecoveryAttempt): RecoveryFacts {
  const { number, strategy, delaySeconds, outcome, reason, startedAt, finishedAt } = attempt;
  return {
    number,
    strategy,
    delaySeconds,
    outcome,
    reason,
    startedAt: text(startedAt),
    finishedAt: text(finishedAt),
    actions: attempt.actions.map((action) => ({
      what: actionPhrase(action),
      at: action.at,
      durationMs: action.durationMs,
      result: action.result,
    })),
    after: Array.isArray(attempt.evidence.after) ? (attempt.evidence.after as Diagnosis[]) : [],
  };
}

function text(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
