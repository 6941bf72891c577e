import type { Diagnosis } from '../../../core/failure.ts';
import { actionPhrase } from '../../../core/words/action.ts';
import { decisionSentence } from '../../../core/words/decision.ts';
import { strategyPhrase } from '../../../core/words/strategy.ts';
import { duration, sentence } from '../../../core/words/text.ts';
import type { RecordedAction } from '../../../db/schema.ts';
import { attemptLog } from '../../runs/attempt-log.ts';
import { Evidence } from '../parts/evidence.tsx';
import { Findings } from '../parts/findings.tsx';
import { clockTime } from '../parts/told-time.tsx';
import { isFrame, type Row } from './rows.ts';

/** What is known of one attempt: its decision, what was found before and after, what was done, what was written. */
export function AttemptBody({ runId, row }: { runId: string; row: Row }) {
  return (
    <div class="attempt">
      {row.kind === 'stage' ? <StageBody row={row} /> : <RecoveryBody row={row} />}
      {!isFrame(row) && <Log runId={runId} row={row} />}
      <p class="hint">{timesOf(row)}</p>
    </div>
  );
}

function StageBody({ row }: { row: Extract<Row, { kind: 'stage' }> }) {
  const { attempt, status } = row;
  const { decision, error, evidence } = attempt;
  const { outputTail: _, outputCut: __, ...facts } = evidence;
  return (
    <>
      <p>
        {decision ? decisionSentence(decision) : sentence(STAGE_STATES[status])}{' '}
        {decision && <code>{decision}</code>}
      </p>
      {error && <p class="problem">{error.message}</p>}
      {isFrame(row) ? <p class="hint">Its attempts follow.</p> : <Evidence evidence={facts} />}
    </>
  );
}

const STAGE_STATES = {
  pending: 'it has not begun',
  running: 'it is at work',
  succeeded: 'it is done',
  failed: 'it failed',
  cancelled: 'it was cancelled',
} as const;

function RecoveryBody({ row: { attempt, status } }: { row: Extract<Row, { kind: 'recovery' }> }) {
  const { outcome, reason, strategy, actions, evidence } = attempt;
  const { before, after } = evidence as { before?: Diagnosis[]; after?: Diagnosis[] };
  return (
    <>
      {outcome && (
        <p>
          {decisionSentence(outcome)} {reason && <span class="hint">{reason}</span>}
        </p>
      )}
      {strategy && (
        <p>
          <b>Plan:</b> {strategyPhrase(strategy)} <code>{strategy}</code>
        </p>
      )}
      <div class="before-after">
        {before && <Findings title="Found before" diagnoses={before} none="Nothing was wrong any more." />}
        {after && <Findings title="Found after" diagnoses={after} none="Everything works." />}
      </div>
      {actions.length > 0 && <Actions actions={actions} />}
      {status === 'pending' && <p>It begins by itself once its delay is over.</p>}
    </>
  );
}

function Actions({ actions }: { actions: readonly RecordedAction[] }) {
  return (
    <section>
      <h4>What was done</h4>
      <ol class="actions">
        {actions.map((action) => (
          <li>
            <time datetime={action.at}>{clockTime(action.at)}</time>
            <span>{sentence(actionPhrase(action))}</span>
            <span class="result">{action.result}</span>
            <span class="number hint">{duration(action.durationMs)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** More of a log than this is a page of its own. */
const LOG_CHARS_MAX = 4_000;

function Log({ runId, row }: { runId: string; row: Row }) {
  const log = attemptLog(row.attempt.evidence, row.notes);
  if (log === null) return null;
  const isCut = log.cut || log.text.length > LOG_CHARS_MAX;
  return (
    <section>
      <h4>Log</h4>
      <pre tabindex={0}>{log.text.slice(-LOG_CHARS_MAX)}</pre>
      {isCut && (
        <p class="hint">
          This is its end. <a href={`/runs/${runId}/attempts/${row.id}/log`}>All of it</a>
        </p>
      )}
    </section>
  );
}

function timesOf({ work, attempt }: Row): string {
  if (!work) return `Set up at ${clockTime(attempt.createdAt)} UTC.`;
  const began = `Began at ${clockTime(new Date(work.from))} UTC`;
  return attempt.finishedAt ? `${began}, ended at ${clockTime(attempt.finishedAt)}.` : `${began}.`;
}
