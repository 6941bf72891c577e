import { endOf } from '../../core/escalation.ts';
import { actionPhrase } from '../../core/words/action.ts';
import { failureSentence, nextStepSentence } from '../../core/words/failure.ts';
import { duration, oneLine } from '../../core/words/text.ts';
import type { IncidentView, RecoveryAttemptView } from '../client/run-view.ts';
import type { Line } from './line.ts';

/**
 * What happened to one incident between two looks at it. `closedAt` stands for the end of one that was not
 * resolved and so has no such time.
 */
export function incidentLines(before: IncidentView | undefined, now: IncidentView, closedAt: string): Line[] {
  const { detectedAt, status, recoveryAttempts } = now;
  const lines: Line[] = [];
  if (!before || nameOf(before) !== nameOf(now)) {
    const word = before ? 'diagnosis' : 'incident';
    lines.push({ at: detectedAt, kind: 'incident', text: `${word}: ${nameOf(now)}${detectionOf(now)}` });
    if (now.failure)
      lines.push({
        at: detectedAt,
        kind: 'incident',
        text: `  ${failureSentence(now.component ?? null, now.failure)}`,
      });
  }
  for (const attempt of recoveryAttempts) {
    const known = before?.recoveryAttempts.find(({ number }) => number === attempt.number);
    lines.push(...actionLines(known, attempt));
  }
  if (status !== 'open' && (!before || before.status === 'open'))
    lines.push(
      ...[endingOf(now), ...stepsOf(now)].map((text) => closingLine(text, now.resolvedAt ?? closedAt)),
    );
  return lines;
}

function actionLines(before: RecoveryAttemptView | undefined, now: RecoveryAttemptView): Line[] {
  return now.actions.slice(before?.actions.length ?? 0).map((action) => {
    const result = action.result ? `: ${oneLine(action.result)}` : '';
    return { at: action.at, kind: 'action', text: `  ${actionPhrase(action)}${result}` };
  });
}

function closingLine(text: string, at: string): Line {
  return { at, kind: 'closed', text };
}

/** What a person does about an incident that calls for one. */
function stepsOf({ id, component, failure, status, escalation }: IncidentView): string[] {
  if (status !== 'escalated' || !escalation || endOf(escalation) === 'closed') return [];
  return [
    `  What to do: ${nextStepSentence(component ?? null, failure ?? null)}`,
    `  All that is known: davy report ${id}`,
  ];
}

function nameOf({ component, failure }: IncidentView): string {
  if (!failure) return 'a failure not yet diagnosed';
  return component ? `${component} ${failure}` : failure;
}

function detectionOf({ timeToDetectionMs }: IncidentView): string {
  return typeof timeToDetectionMs === 'number' ? `, detected after ${duration(timeToDetectionMs)}` : '';
}

function endingOf(incident: IncidentView): string {
  const { status, timeToRecoveryMs, escalation } = incident;
  const after = typeof timeToRecoveryMs === 'number' ? ` after ${duration(timeToRecoveryMs)}` : '';
  const why = escalation ? `: ${escalation.reason}: ${oneLine(escalation.detail)}` : '';
  return `incident ${status}${after}: ${nameOf(incident)}${why}`;
}
