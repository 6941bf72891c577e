import { isFinished } from '../../../core/run.ts';
import type { WaitingFor } from '../../../core/waiting.ts';
import { actionPhrase } from '../../../core/words/action.ts';
import { decisionSentence } from '../../../core/words/decision.ts';
import { escalationSentence } from '../../../core/words/escalation.ts';
import { failureSentence, nextStepSentence } from '../../../core/words/failure.ts';
import { runStatusSentence } from '../../../core/words/run.ts';
import { sentence } from '../../../core/words/text.ts';
import type { Incident, RecoveryAttempt } from '../../../db/history.ts';
import { ToldTime } from '../parts/told-time.tsx';
import { took } from '../parts/took.ts';
import { type Look, VerdictBanner } from '../parts/verdict-banner.tsx';
import type { SeenRun } from './read.ts';

/** How the run stands: what is broken and since when, what was done about it, what comes next, and for whom. */
export function Verdict({ seen }: { seen: SeenRun }) {
  return (
    <VerdictBanner {...LOOKS[seen.run.status]}>
      <Told seen={seen} />
    </VerdictBanner>
  );
}

const LOOKS: Readonly<Record<SeenRun['run']['status'], Look>> = {
  queued: { tone: 'idle', icon: 'wait', title: 'Waiting; nothing for you to do' },
  running: { tone: 'run', icon: 'run', title: 'At work; nothing for you to do' },
  recovering: { tone: 'warn', icon: 'work', title: 'Davylamp is repairing; nothing for you to do' },
  waiting_retry: {
    tone: 'warn',
    icon: 'wait',
    title: 'Davylamp tries again by itself; nothing for you to do',
  },
  succeeded: { tone: 'ok', icon: 'ok', title: 'Done' },
  failed: { tone: 'bad', icon: 'bad', title: 'Failed' },
  escalated: { tone: 'bad', icon: 'person', title: 'This needs you' },
  cancelled: { tone: 'idle', icon: 'idle', title: 'Cancelled' },
};

function Told({ seen }: { seen: SeenRun }) {
  const { run, history, waitingFor } = seen;
  const last = history.incidents.at(-1);
  switch (run.status) {
    case 'queued':
    case 'running':
      return (
        <>
          <p>{waitingFor ? <Waiting wait={waitingFor} /> : <AtStage seen={seen} />}</p>
          {last?.status === 'open' && <Broken incident={last} />}
        </>
      );
    case 'recovering':
    case 'waiting_retry':
      return (
        <>
          {last && <Broken incident={last} />}
          <Next seen={seen} />
          {last && <Tried attempts={history.recoveryAttempts} incident={last} />}
        </>
      );
    case 'succeeded':
      return <p>{endOf(seen)}</p>;
    case 'failed':
    case 'escalated':
      return last && last.status !== 'resolved' ? (
        <Unrepaired incident={last} attempts={history.recoveryAttempts} />
      ) : (
        <p>{endOf(seen)}</p>
      );
    case 'cancelled':
      return (
        <p>
          {runStatusSentence(run.status)}
          {run.leftRunning &&
            run.leftRunning.length > 0 &&
            ` Still running then: ${run.leftRunning.join(', ')}.`}
        </p>
      );
  }
}

function Broken({ incident: { component, failure, occurredAt, evidence } }: { incident: Incident }) {
  return (
    <p>
      <strong>{failureSentence(component, failure)}</strong>{' '}
      <span class="since">
        for <ToldTime at={occurredAt} told="span" />
      </span>
      {evidence.length > 0 && <span class="hint facts-line">{evidence.join(' · ')}</span>}
    </p>
  );
}

function AtStage({ seen: { run, pipeline } }: { seen: SeenRun }) {
  const stage = pipeline.stages.find(({ id }) => id === run.currentStage);
  return (
    <>
      <strong>{stage?.name ?? 'The run'}</strong> is at work. {stage?.description}
    </>
  );
}

function Waiting({ wait }: { wait: WaitingFor }) {
  switch (wait.kind) {
    case 'run':
      return (
        <>
          It has its turn after <a href={`/runs/${wait.runId}`}>another run</a> ({wait.pipelineName}),{' '}
          {wait.position} before it.
        </>
      );
    case 'worker':
      return (
        <>
          <strong>No worker of {wait.host} is alive: start it there with davy up or davy worker.</strong>{' '}
          {wait.lastSeenAt && (
            <>
              Last seen <ToldTime at={wait.lastSeenAt} told="ago" />.
            </>
          )}
        </>
      );
    case 'environment':
      return (
        <>
          <strong>
            The worker of {wait.host} does not find {wait.environment} any more, or cannot take it: the log of
            the worker says why.
          </strong>{' '}
          Last served <ToldTime at={wait.lastSeenAt} told="ago" />.
        </>
      );
    case 'retry':
      return (
        <>
          The next attempt begins <ToldTime at={wait.at} told="until" />.
        </>
      );
    case 'cancel':
      return 'Somebody asked for its end; its worker brings it about.';
    case 'call':
      return 'It is about to be taken.';
  }
}

/** Which attempt is at work or comes next, and what the last one would be. */
function Next({ seen: { run, waitingFor } }: { seen: SeenRun }) {
  const { state, nextAttemptAt } = run;
  if (isFinished(state) || state.work.kind !== 'recovery') return null;
  const { number, mode } = state.work;
  const policy = state.incident?.policy;
  const of = policy ? ` of ${policy.targetedAttempts + 1}` : '';
  const name = `Attempt ${number}${of}${mode === 'last_resort' ? ', the last resort,' : ''}`;
  if (waitingFor && waitingFor.kind !== 'retry' && waitingFor.kind !== 'call')
    return (
      <p>
        <Waiting wait={waitingFor} />
      </p>
    );
  return (
    <p>
      {run.status === 'waiting_retry' && nextAttemptAt ? (
        <>
          {name} begins{' '}
          <strong class="countdown">
            <ToldTime at={nextAttemptAt} told="until" />
          </strong>
          .
        </>
      ) : (
        `${name} is at work.`
      )}
    </p>
  );
}

/** What the attempts so far did, and what was still wrong then, where that is not as before. */
function Tried({ attempts, incident }: { attempts: readonly RecoveryAttempt[]; incident: Incident }) {
  const over = attempts.filter(
    ({ incidentId, finishedAt }) => incidentId === incident.id && finishedAt !== null,
  );
  if (over.length === 0) return null;
  return (
    <ul class="tried">
      {over.map(({ number, actions, reason }, place) => (
        <li>
          <b>Attempt {number}</b> did not help.{' '}
          {actions.length > 0
            ? sentence(actions.map(actionPhrase).join(', '))
            : 'It found nothing that it could do.'}{' '}
          {reason !== over[place - 1]?.reason && <span class="hint">{reason}</span>}
        </li>
      ))}
    </ul>
  );
}

function Unrepaired({ incident, attempts }: { incident: Incident; attempts: readonly RecoveryAttempt[] }) {
  const { component, failure, escalation } = incident;
  return (
    <>
      <Broken incident={incident} />
      {escalation && (
        <p>
          {escalationSentence(escalation.reason)}{' '}
          {escalation.reason !== 'attempts_exhausted' && <span class="hint">{escalation.detail}</span>}
        </p>
      )}
      <p>
        <b>Do next:</b> {nextStepSentence(component, failure)} Then press “Resume”.
      </p>
      <Tried attempts={attempts} incident={incident} />
      <p class="links">
        <a href={`/incidents/${incident.id}`}>Incident and report</a>
      </p>
    </>
  );
}

function endOf({ run, history }: SeenRun): string {
  const { outcome, startedAt, finishedAt } = run;
  const healed = history.incidents.filter(({ status }) => status === 'resolved').length;
  return [
    outcome ? decisionSentence(outcome) : runStatusSentence(run.status),
    startedAt && finishedAt ? `It took ${took(startedAt, finishedAt)}.` : '',
    healed > 0
      ? `On the way ${healed === 1 ? 'one incident was' : `${healed} incidents were`} repaired.`
      : '',
  ].join(' ');
}
