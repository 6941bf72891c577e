import { endOf } from '../../core/escalation.ts';
import { actionPhrase } from '../../core/words/action.ts';
import { escalationSentence } from '../../core/words/escalation.ts';
import { failureSentence, nextStepSentence } from '../../core/words/failure.ts';
import { incidentStatusWord } from '../../core/words/run.ts';
import { duration, oneLine } from '../../core/words/text.ts';
import type { IncidentView, RecoveryAttemptView, RunView } from '../client/run-view.ts';
import { paragraph, spread } from '../terminal/fit.ts';
import { type Canvas, sinceMs, spinner } from './canvas.ts';

const INDENT = 4;

/** An incident below the stage that it broke: what it is, what was tried, and when it is tried again. */
export function incidentBranch(
  run: RunView,
  incident: IncidentView,
  canvas: Canvas,
  { actions }: { actions: boolean },
): string[] {
  const { paint, symbols, columns } = canvas;
  const name = nameOf(incident);
  if (incident.status === 'resolved') {
    const took = typeof incident.timeToRecoveryMs === 'number' ? duration(incident.timeToRecoveryMs) : '';
    return [line(`${paint.good(symbols.done)} repaired: ${name}`, paint.faint(took), columns)];
  }
  const open = incident.status === 'open';
  const head = open ? name : `${incidentStatusWord(incident.status, incident.escalation)}: ${name}`;
  const since = open ? duration(sinceMs(incident.detectedAt, canvas)) : '';
  return [
    line(`${paint.bad(symbols.incident)} ${paint.strong(head)}`, since, columns),
    ...(incident.failure
      ? sentence(failureSentence(incident.component ?? null, incident.failure), columns)
      : []),
    ...attemptLines(run, incident, canvas, actions),
    ...(open ? [] : endLines(incident, canvas)),
  ];
}

function attemptLines(run: RunView, incident: IncidentView, canvas: Canvas, actions: boolean): string[] {
  const { recoveryAttempts } = incident;
  const last = recoveryAttempts.at(-1);
  return recoveryAttempts.flatMap((attempt) => [
    attemptLine(run, incident, attempt, canvas),
    ...(actions && attempt === last ? actionLines(attempt, canvas) : []),
  ]);
}

function attemptLine(
  run: RunView,
  incident: IncidentView,
  { number, strategy, outcome, reason }: RecoveryAttemptView,
  canvas: Canvas,
): string {
  const { paint, symbols, columns } = canvas;
  const plan = strategy ? ` ${paint.faint(strategy)}` : '';
  if (outcome) {
    const good = outcome === 'recovery_successful' || outcome === 'environment_reset';
    const symbol = good ? paint.good(symbols.done) : paint.bad(symbols.failed);
    const why = reason && !good ? ` ${paint.faint(oneLine(reason))}` : '';
    return line(`  ${symbol} attempt ${number}${plan}${why}`, '', columns);
  }
  const isNow = incident.status === 'open' && number === incident.recoveryAttempts.length;
  const waitMs = isNow ? waitLeftMs(run, canvas) : null;
  if (waitMs === null) return line(`  ${spinner(canvas)} attempt ${number}${plan}`, '', columns);
  const when = waitMs === 0 ? 'is due' : `in ${Math.ceil(waitMs / 1000)} s`;
  return line(`  ${paint.warning(`${symbols.waiting} attempt ${number} ${when}`)}`, '', columns);
}

/** What is left of the delay before the next attempt; `null`: none is waited for. */
function waitLeftMs({ status, nextAttemptAt }: RunView, { nowMs }: Canvas): number | null {
  if (status !== 'waiting_retry' || !nextAttemptAt) return null;
  return Math.max(0, Date.parse(nextAttemptAt) - nowMs);
}

function actionLines({ actions }: RecoveryAttemptView, { paint, columns }: Canvas): string[] {
  return actions.map((action) => {
    const result = action.result ? paint.faint(`: ${oneLine(action.result)}`) : '';
    return line(`      ${actionPhrase(action)}${result}`, '', columns);
  });
}

function endLines(incident: IncidentView, { columns }: Canvas): string[] {
  const { id, component, failure, escalation, evidence } = incident;
  if (!escalation) return [];
  const next = nextStepSentence(component ?? null, failure ?? null);
  // The detail may end with the same next step: then the facts are what it says beside that.
  const facts = escalation.detail.includes(next) ? evidence.join('; ') : escalation.detail;
  const steps = [`What to do: ${next}`, `All that is known: davy report ${id}`];
  return [
    oneLine(facts),
    escalationSentence(escalation.reason),
    ...(endOf(escalation) === 'closed' ? [] : steps),
  ]
    .filter((line) => line !== '')
    .flatMap((line) => sentence(line, columns));
}

function nameOf({ component, failure }: IncidentView): string {
  if (!failure) return 'a failure not yet diagnosed';
  return component ? `${component} ${failure}` : failure;
}

function sentence(text: string, columns: number): string[] {
  return paragraph(text, INDENT + 2, columns);
}

function line(left: string, right: string, columns: number): string {
  return spread(`${' '.repeat(INDENT)}${left}`, right, columns);
}
