import { assembleReport, type IncidentReport } from '../../../core/report.ts';
import { RESUMABLE_STATUSES } from '../../../core/transition.ts';
import type { Database } from '../../../db/connection.ts';
import { listEnvironments } from '../../../db/environments.ts';
import { findIncident, type IncidentDetail, incidentRecord } from '../../../db/incidents.ts';
import { unknown } from '../../http/unknown.ts';
import { worksSince } from '../incidents/works-again.ts';
import { type SeenRun, seeRun } from '../run/read.ts';
import { isFrame, type Row } from '../run/rows.ts';

/** An incident with everything that its page shows. */
export interface SeenIncident extends IncidentDetail {
  run: SeenRun;
  report: IncidentReport;
  /** Its recovery attempts, and the stages that proved them or did not, in the order of time. */
  rows: Row[];
  /** Since when its stack has worked again although a person was called, ISO 8601 UTC; `null`: it does not. */
  worksSince: string | null;
}

/** @throws ProblemError 404 */
export async function seeIncident(database: Database, id: string): Promise<SeenIncident> {
  const [detail, report] = await Promise.all([findIncident(database, id), readReport(database, id)]);
  if (detail === null) throw unknown('unknown-incident');
  const [run, environments] = await Promise.all([
    seeRun(database, detail.incident.runId),
    listEnvironments(database),
  ]);
  return {
    ...detail,
    run,
    report,
    rows: run.rows.filter((row) => isAbout(row, detail)),
    worksSince: worksSince(detail.incident, environments),
  };
}

/** @throws ProblemError 404 */
export async function readReport(database: Database, id: string): Promise<IncidentReport> {
  const record = await incidentRecord(database, id);
  if (record === null) throw unknown('unknown-incident');
  return assembleReport(record.facts, record.snapshot);
}

/** Its own attempts, and the stages that were tried while it was open: by them it is proven. */
function isAbout(row: Row, { incident: { id, detectedAt, resolvedAt } }: IncidentDetail): boolean {
  if (row.kind === 'recovery') return row.attempt.incidentId === id;
  if (isFrame(row) || row.work === null || row.work.from < detectedAt.getTime()) return false;
  return resolvedAt === null || row.work.from <= resolvedAt.getTime();
}

/** Whether its run ended for want of a repair, and can be told to go on. */
export function isResumable({ incident, run: { run } }: SeenIncident): boolean {
  const isStuck = incident.status === 'escalated' && run.finishedAt !== null;
  return isStuck && RESUMABLE_STATUSES.some((status) => status === run.status);
}
