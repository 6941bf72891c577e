import { type SQL, sql } from 'drizzle-orm';
import type { FailureType } from '../core/failure.ts';
import type { Snapshot } from '../core/report.ts';
import type { Change } from '../core/run.ts';
import { toJson } from './json.ts';
import { noticeExpressions } from './notices.ts';
import type { RecordedAction } from './schema.ts';

/** What the worker learned beside the decision: kept with the attempt it belongs to. */
export interface AttemptDetails {
  evidence?: Record<string, unknown>;
  strategy?: string | null;
  actions?: RecordedAction[];
}

/** What the recovery found out about its incident. */
export interface IncidentFindings {
  component: string;
  failure: FailureType;
  evidence: string[];
  /** When the failure happened, as far as that is known: ISO 8601. */
  occurredAt: string | null;
}

/** How long ago an incident was found and its failure happened, in milliseconds, whatever our clocks say. */
export interface Sighting {
  detectedMsAgo: number;
  occurredMsAgo: number;
}

/** A person is called to the incidents that a transition escalates, with what was seen at that moment. */
export interface Call {
  /** `null`: nothing could be seen. */
  snapshot: Snapshot | null;
}

/** What is known beside the changes themselves. */
export interface ChangeContext {
  details?: AttemptDetails | undefined;
  findings?: IncidentFindings | null | undefined;
  call?: Call | null;
  sighting?: Sighting | undefined;
  /** An event that led to the changes: it comes before theirs. */
  cause?: { type: string; data: Record<string, unknown> };
}

type Row = Record<string, unknown> & { id: string };

class Rows {
  readonly opened = new Map<string, Row>();
  readonly updated = new Map<string, Row>();

  open(row: Row): void {
    this.opened.set(row.id, row);
  }

  /** A row opened by the same transition takes the change into its first version. */
  change(row: Row): void {
    const rows = this.opened.has(row.id) ? this.opened : this.updated;
    rows.set(row.id, { ...rows.get(row.id), ...row });
  }
}

/**
 * The changes of a transition as common table expressions behind one called `run` (`id`, `environment_id`):
 * where that one is empty, because the epoch has moved on, none of them writes anything.
 */
export function changeExpressions(
  changes: readonly Change[],
  { details = {}, findings = null, call = null, sighting, cause }: ChangeContext = {},
): SQL {
  const stages = new Rows();
  const recoveries = new Rows();
  const incidents = new Rows();
  for (const change of changes) collect(change, { stages, recoveries, incidents }, details);
  return sql`
    opened_stages as (
      insert into stage_attempts (id, run_id, stage_id, number, purpose, status, decision, error, evidence, started_at, finished_at)
      select x.id, run.id, x.stage_id, x.number, x.purpose, coalesce(x.status, 'pending'), x.decision, x.error,
             coalesce(x.evidence, '{}'), case when x.started then now() end, case when x.finished then now() end
      from run, jsonb_to_recordset(${json(stages.opened)}::jsonb) as x(id uuid, stage_id text, number int, purpose text,
           status stage_attempt_status, decision text, error jsonb, evidence jsonb, started bool, finished bool)
    ), changed_stages as (
      update stage_attempts a set status = x.status, decision = x.decision, error = x.error,
             evidence = coalesce(x.evidence, a.evidence),
             started_at = case when x.started then coalesce(a.started_at, now()) else a.started_at end,
             finished_at = case when x.finished then now() end
      from run, jsonb_to_recordset(${json(stages.updated)}::jsonb) as x(id uuid, status stage_attempt_status,
           decision text, error jsonb, evidence jsonb, started bool, finished bool)
      where a.id = x.id and a.run_id = run.id
    ), opened_incidents as (
      insert into incidents (id, run_id, environment_id, stage_id, status, raised, escalation, occurred_at, detected_at, resolved_at)
      select x.id, run.id, run.environment_id, x.stage_id, coalesce(x.status, 'open'), x.raised, x.escalation,
             coalesce(now() - make_interval(secs => ${seconds(sighting?.occurredMsAgo)}::float8),
                      (select max(a.started_at) from stage_attempts a where a.run_id = run.id and a.stage_id = x.stage_id), now()),
             coalesce(now() - make_interval(secs => ${seconds(sighting?.detectedMsAgo)}::float8), now()),
             case when x.finished then now() end
      from run, jsonb_to_recordset(${json(incidents.opened)}::jsonb) as x(id uuid, stage_id text, status incident_status,
           raised jsonb, escalation jsonb, finished bool)
      returning *
    ), changed_incidents as (
      update incidents i set status = coalesce(x.status, i.status), escalation = coalesce(x.escalation, i.escalation),
             component = coalesce(i.component, ${findings?.component ?? null}),
             failure = coalesce(i.failure, ${findings?.failure ?? null}),
             evidence = case when i.failure is null then ${toJson(findings?.evidence ?? [])}::jsonb else i.evidence end,
             occurred_at = case when i.failure is null and ${findings?.occurredAt ?? null}::timestamptz is not null
                                then least(${findings?.occurredAt ?? null}::timestamptz, i.detected_at)
                                else i.occurred_at end,
             resolved_at = case when x.finished then now() else i.resolved_at end
      from run left join jsonb_to_recordset(${json(incidents.updated)}::jsonb) as x(id uuid, status incident_status,
           escalation jsonb, finished bool) on true
      where i.run_id = run.id and (i.id = x.id or (x.id is null and i.status = 'open' and ${findings !== null}))
      returning i.*
    ), opened_recoveries as (
      insert into recovery_attempts (id, run_id, incident_id, stage_id, number, mode, delay_seconds, started_at)
      select x.id, run.id, x.incident_id, x.stage_id, x.number, x.mode, x.delay_seconds, case when x.started then now() end
      from run, jsonb_to_recordset(${json(recoveries.opened)}::jsonb) as x(id uuid, incident_id uuid, stage_id text,
           number int, mode text, delay_seconds real, started bool)
    ), changed_recoveries as (
      update recovery_attempts a set outcome = coalesce(x.outcome, a.outcome), reason = coalesce(x.reason, a.reason),
             strategy = coalesce(x.strategy, a.strategy), actions = coalesce(x.actions, a.actions),
             evidence = coalesce(x.evidence, a.evidence),
             started_at = case when x.started then coalesce(a.started_at, now()) else a.started_at end,
             finished_at = case when x.finished then now() end
      from run, jsonb_to_recordset(${json(recoveries.updated)}::jsonb) as x(id uuid, outcome text, reason text,
           strategy text, actions jsonb, evidence jsonb, started bool, finished bool)
      where a.id = x.id and a.run_id = run.id
    ), noted as (
      insert into events (run_id, type, data)
      select run.id, x.type, x.data
      from run, jsonb_to_recordset(${toJson([...(cause ? [cause] : []), ...changes.map(eventOf)])}::jsonb) as x(type text, data jsonb)
    )${call ? sql`, ${noticeExpressions(escalated(changes), call.snapshot)}` : sql``}`;
}

function escalated(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => (change.type === 'incident_escalated' ? [change.id] : []));
}

function collect(
  change: Change,
  rows: { stages: Rows; recoveries: Rows; incidents: Rows },
  { evidence, strategy, actions }: AttemptDetails,
) {
  switch (change.type) {
    case 'stage_attempt_opened':
      return rows.stages.open({
        id: change.id,
        stage_id: change.stageId,
        number: change.number,
        purpose: change.purpose,
      });
    case 'stage_attempt_begun':
      return rows.stages.change({ id: change.id, status: 'running', started: true });
    case 'stage_attempt_closed':
      return rows.stages.change({
        id: change.id,
        status: change.status,
        decision: change.decision,
        error: change.failure,
        evidence,
        finished: true,
      });
    case 'incident_opened':
      return rows.incidents.open({ id: change.id, stage_id: change.stageId, raised: change.failure });
    case 'incident_resolved':
      return rows.incidents.change({ id: change.id, status: 'resolved', finished: true });
    case 'incident_escalated':
      return rows.incidents.change({
        id: change.id,
        status: 'escalated',
        escalation: change.escalation,
        finished: true,
      });
    case 'incident_closed':
      return rows.incidents.change({
        id: change.id,
        status: 'escalated',
        escalation: change.closing,
        finished: true,
      });
    case 'recovery_attempt_opened':
      return rows.recoveries.open({
        id: change.id,
        incident_id: change.incidentId,
        stage_id: change.work.recoveryStage?.stageId,
        number: change.work.number,
        mode: change.work.mode,
        delay_seconds: change.work.delaySeconds,
      });
    case 'recovery_attempt_begun':
      return rows.recoveries.change({ id: change.id, started: true });
    case 'recovery_attempt_closed':
      return rows.recoveries.change({
        id: change.id,
        outcome: change.outcome,
        reason: change.reason,
        strategy,
        actions,
        evidence,
        finished: true,
      });
  }
}

function eventOf({ type, ...data }: Change): { type: string; data: Record<string, unknown> } {
  return { type, data };
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}

function json(rows: Map<string, Row>): string {
  return toJson([...rows.values()]);
}
