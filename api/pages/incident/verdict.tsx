import type { FC } from 'hono/jsx';
import { endOf } from '../../../core/escalation.ts';
import { isFinished } from '../../../core/run.ts';
import { decisionSentence } from '../../../core/words/decision.ts';
import { escalationSentence } from '../../../core/words/escalation.ts';
import { ToldTime } from '../parts/told-time.tsx';
import { type Look, VerdictBanner } from '../parts/verdict-banner.tsx';
import { isResumable, type SeenIncident } from './read.ts';

/** How the incident stands, and what is to be done about it, by whom. */
export function Verdict({ seen }: { seen: SeenIncident }) {
  const { Told, ...look } = LOOKS[standOf(seen)];
  return (
    <VerdictBanner {...look}>
      <Told seen={seen} />
    </VerdictBanner>
  );
}

type Stand = 'repairing' | 'repaired' | 'works again' | 'left' | 'called';

function standOf({ incident: { status, escalation }, worksSince }: SeenIncident): Stand {
  if (status === 'open') return 'repairing';
  if (status === 'resolved') return 'repaired';
  if (worksSince !== null) return 'works again';
  return escalation && endOf(escalation) === 'closed' ? 'left' : 'called';
}

const LOOKS: Readonly<Record<Stand, Look & { Told: FC<{ seen: SeenIncident }> }>> = {
  repairing: {
    tone: 'warn',
    icon: 'work',
    title: 'Davylamp is repairing; nothing for you to do',
    Told: Repairing,
  },
  repaired: { tone: 'ok', icon: 'ok', title: 'Repaired; nothing for you to do', Told: Repaired },
  'works again': { tone: 'ok', icon: 'ok', title: 'The stack works again', Told: WorksAgain },
  left: { tone: 'idle', icon: 'idle', title: 'Left unrepaired', Told: Left },
  called: { tone: 'bad', icon: 'person', title: 'This needs you', Told: Called },
};

function Repairing({ seen: { run } }: { seen: SeenIncident }) {
  const { state, status, nextAttemptAt, currentStage } = run.run;
  if (isFinished(state)) return null;
  if (state.work.kind !== 'recovery')
    return (
      <p>
        The repair is being proven: <strong>{stageName(run.pipeline, currentStage)}</strong> is at work.
      </p>
    );
  const { number, mode } = state.work;
  const name = mode === 'last_resort' ? 'The last resort' : `Attempt ${number}`;
  if (status !== 'waiting_retry' || nextAttemptAt === null) return <p>{name} is at work.</p>;
  return (
    <p>
      {name} begins{' '}
      <strong class="countdown">
        <ToldTime at={nextAttemptAt} told="until" />
      </strong>
      . <a href={`/runs/${run.run.id}`}>The run</a> can be told to try at once.
    </p>
  );
}

function stageName(pipeline: SeenIncident['run']['pipeline'], id: string | null): string {
  return pipeline.stages.find((stage) => stage.id === id)?.name ?? 'its stage';
}

function Repaired({ seen: { recoveryAttempts, rows } }: { seen: SeenIncident }) {
  const outcome = recoveryAttempts.findLast((attempt) => attempt.outcome !== null)?.outcome;
  const proof = rows.findLast((row) => row.kind === 'stage' && row.status === 'succeeded');
  return (
    <p>
      {outcome ? decisionSentence(outcome) : 'What was broken works again.'}
      {proof?.kind === 'stage' && ` “${proof.title}” has passed since.`}
    </p>
  );
}

function WorksAgain({ seen: { incident, worksSince } }: { seen: SeenIncident }) {
  return (
    <>
      <p>
        The last look at the stack found nothing wrong; it has been well for{' '}
        {worksSince && <ToldTime at={worksSince} told="span" />}. Davylamp did not repair this one itself:
      </p>
      <p>{incident.escalation && escalationSentence(incident.escalation.reason)}</p>
    </>
  );
}

function Left({ seen: { incident } }: { seen: SeenIncident }) {
  return (
    <p>
      {incident.escalation && escalationSentence(incident.escalation.reason)}{' '}
      <span class="hint">{incident.escalation?.detail}</span>
    </p>
  );
}

function Called({ seen }: { seen: SeenIncident }) {
  const { incident, report } = seen;
  return (
    <>
      <p>
        {incident.escalation && escalationSentence(incident.escalation.reason)}{' '}
        <span class="hint">
          It was given up <ToldTime at={incident.resolvedAt ?? incident.detectedAt} told="ago" />.
        </span>
      </p>
      <h3>What to do</h3>
      <ol class="steps">
        {report.nextSteps.map((step) => (
          <li>{step}</li>
        ))}
        {isResumable(seen) && <li>Press “Resume the run”: it goes on where it stopped.</li>}
      </ol>
    </>
  );
}
