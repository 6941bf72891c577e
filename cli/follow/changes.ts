import { duration } from '../../core/words/text.ts';
import { type AttemptView, isFinished, type RunView } from '../client/run-view.ts';
import { attemptLines } from './attempt-lines.ts';
import { incidentLines } from './incident-lines.ts';
import { formatLine, inOrder, type Line } from './line.ts';
import { describeWait } from './waiting.ts';

/** What happened to a run between two looks at it, a line each; all of it, where there was no look before. */
export function changes(before: RunView | null, now: RunView): string[] {
  const head = before ? [] : [`run ${now.id}: ${now.pipelineName} in ${now.environment} on ${now.host}`];
  const lines = [...linesOfAttempts(before, now), ...linesOfIncidents(before, now)];
  return [...head, ...inOrder(lines).map(formatLine), ...endLines(before, now)];
}

/** What a run waits for, where that is news and is not a delay, which is counted down. */
export function waitNews(before: RunView | null, now: RunView): string | null {
  if (now.waitingFor?.kind === 'retry') return null;
  const wait = describeWait(now);
  return wait !== null && !(before && describeWait(before) === wait) ? wait : null;
}

function linesOfAttempts(before: RunView | null, now: RunView): Line[] {
  const strategies = strategiesOf(now);
  return now.attempts.flatMap((attempt) => {
    const known = before?.attempts.find(({ id }) => id === attempt.id);
    return attemptLines(known, attempt, strategies.get(attempt) ?? null);
  });
}

function linesOfIncidents(before: RunView | null, now: RunView): Line[] {
  const lastEnd = now.attempts.map(({ finishedAt }) => finishedAt ?? '').reduce(later, now.createdAt);
  return now.incidents.flatMap((incident) => {
    const known = before?.incidents.find(({ id }) => id === incident.id);
    return incidentLines(known, incident, lastEnd);
  });
}

/** A run has one incident at a time, so its recovery attempts come in the order of its incidents. */
function strategiesOf({ attempts, incidents }: RunView): Map<AttemptView, string> {
  const recoveries = attempts.filter(({ kind }) => kind === 'recovery');
  const details = incidents.flatMap(({ recoveryAttempts }) => recoveryAttempts);
  return new Map(
    recoveries.flatMap((attempt, index) => {
      const detail = details[index];
      return detail?.number === attempt.number && detail.strategy
        ? [[attempt, detail.strategy] as const]
        : [];
    }),
  );
}

function later(one: string, other: string): string {
  return one > other ? one : other;
}

function endLines(before: RunView | null, now: RunView): string[] {
  if (!isFinished(now) || (before && isFinished(before))) return [];
  const outcome = now.outcome && now.outcome !== now.status ? `: ${now.outcome}` : '';
  const end = `${now.status}${outcome}${tookOf(now)}`;
  return [formatLine({ at: now.finishedAt ?? now.createdAt, text: end })];
}

function tookOf({ createdAt, finishedAt }: RunView): string {
  return finishedAt ? ` (${duration(Date.parse(finishedAt) - Date.parse(createdAt))})` : '';
}
