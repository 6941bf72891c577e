import { actionPhrase } from '../../core/words/action.ts';
import { duration } from '../../core/words/text.ts';
import type { IncidentView, RunView } from '../client/run-view.ts';
import { table } from '../terminal/table.ts';

/** What one scenario came to: stages, incidents, actions, as `GET /v1/runs/{id}` has them. */
export function summary(title: string, run: RunView): string[] {
  return ['', title, '', ...stagesTable(run), ...run.incidents.flatMap(incidentLines), ''];
}

function stagesTable({ attempts }: RunView): string[] {
  const rows = attempts.map(({ kind, stageId, number, status, decision, durationMs }) => [
    kind === 'recovery' ? `  recovery attempt ${number}` : `${stageId}${number > 1 ? ` (${number})` : ''}`,
    status,
    decision ?? '',
    typeof durationMs === 'number' ? duration(durationMs) : '',
  ]);
  return table(['stage', 'status', 'decision', 'took'], rows);
}

function incidentLines(incident: IncidentView): string[] {
  const { component, failure, status, evidence, timeToDetectionMs, timeToRecoveryMs } = incident;
  return [
    '',
    `incident: ${component ?? 'unknown'} ${failure ?? 'unknown'}, ${status}`,
    ...evidence.map((sentence) => `  evidence: ${sentence}`),
    ...incident.recoveryAttempts.flatMap((attempt) => [
      `  attempt ${attempt.number}${attempt.delaySeconds ? ` after ${attempt.delaySeconds} s` : ''}: ${attempt.outcome}` +
        (attempt.reason ? ` (${attempt.reason})` : ''),
      ...attempt.actions.map(
        (action) => `    ${actionPhrase(action)}: ${action.result} (${duration(action.durationMs ?? 0)})`,
      ),
    ]),
    `  time to detection ${took(timeToDetectionMs)}, time to recovery ${took(timeToRecoveryMs)}`,
  ];
}

function took(ms: number | null | undefined): string {
  return typeof ms === 'number' ? duration(ms) : 'unknown';
}

/** How many blocks the miners found while the run was proven. */
export function minedBlocks({ attempts }: RunView): number {
  return attempts.reduce((sum, { evidence }) => sum + (Number(evidence?.minedBlocks) || 0), 0);
}
