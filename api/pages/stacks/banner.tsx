import { byUrgency, type Concern, needsPerson } from '../../../core/attention.ts';
import { escalationSentence } from '../../../core/words/escalation.ts';
import { componentPhrase, failureSentence, nextStepSentence } from '../../../core/words/failure.ts';
import { readable } from '../../../core/words/text.ts';
import type { StackOverview } from '../../../db/overview.ts';
import { Icon } from '../parts/icon.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import type { StackView } from './routes.tsx';

interface Item {
  stack: StackOverview;
  concern: Concern;
}

/** Whether anybody has to do anything, and what: the first thing to be seen. */
export function Banner({ views }: { views: readonly StackView[] }) {
  const items = views.flatMap(({ stack, concerns }) => concerns.map((concern) => ({ stack, concern })));
  const calls = items
    .filter(({ concern }) => needsPerson(concern))
    .sort((one, other) => byUrgency(one.concern, other.concern));
  const others = items.filter(({ concern }) => !needsPerson(concern));
  return (
    <section aria-label="What needs you" class="banners">
      <p class="unseen" role="status">
        {headline(calls, others, views.length)}
      </p>
      {calls.length > 0 && (
        <Notice
          tone="bad"
          title={calls.length === 1 ? 'This needs you' : `${calls.length} things need you`}
          items={calls}
        />
      )}
      {others.length > 0 && (
        <Notice tone="warn" title={calls.length > 0 ? 'Also' : 'Nothing for you to do'} items={others} />
      )}
      {items.length === 0 && <Calm stacks={views.length} />}
    </section>
  );
}

/** What is read aloud when it changes: no times, which change all the time. */
function headline(calls: readonly Item[], others: readonly Item[], stacks: number): string {
  if (calls.length > 0) return `A person is needed: ${calls.map(nameOf).join(', ')}.`;
  if (others.length > 0) return `Nothing for you to do. Davylamp is at: ${others.map(nameOf).join(', ')}.`;
  return stacks === 0 ? 'No stack has registered yet.' : 'All is well. Nothing needs you.';
}

function nameOf({ stack, concern }: Item): string {
  return `${stack.name} (${readable(concern.kind)})`;
}

function Calm({ stacks }: { stacks: number }) {
  if (stacks === 0)
    return (
      <div class="banner idle">
        <h2>
          <Icon name="idle" />
          No stack yet
        </h2>
        <p>
          Write a <code>davy.json</code> in the folder of a stack and start <code>davy up</code> there: its
          worker registers it.
        </p>
      </div>
    );
  return (
    <div class="banner ok slim">
      <h2>
        <Icon name="ok" />
        Nothing needs you
      </h2>
      <p>{stacks === 1 ? 'The stack is as it should be.' : `All ${stacks} stacks are as they should be.`}</p>
    </div>
  );
}

function Notice({ tone, title, items }: { tone: 'bad' | 'warn'; title: string; items: readonly Item[] }) {
  return (
    <div class={`banner ${tone}`}>
      <h2>
        <Icon name={tone === 'bad' ? 'person' : 'work'} />
        {title}
      </h2>
      <ul>
        {items.map((item) => (
          <li>
            <a class="where" href={`#${item.stack.host}/${item.stack.name}`}>
              {item.stack.name}
            </a>
            <Told {...item} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Told({ stack, concern }: Item) {
  switch (concern.kind) {
    case 'called':
      return <Called concern={concern} />;
    case 'no_worker':
      return (
        <div>
          <p>
            <strong>Nobody looks after it: the worker of {stack.host} is gone.</strong>{' '}
            <Since at={concern.since} />
          </p>
          <p>
            Start it on that host with <code>davy up</code> or <code>davy worker</code>; its log is{' '}
            <code>.davy/logs/worker.log</code>. The stack itself may still work.
          </p>
        </div>
      );
    case 'broken':
      return (
        <div>
          <p>
            <strong>
              {concern.diagnoses
                .map(({ component, failure }) => failureSentence(component, failure))
                .join(' ')}
            </strong>{' '}
            <Since at={concern.since} />
          </p>
          <p>
            Davylamp does not repair it: automatic recovery is off, or the last one ended without success.
          </p>
          <DoNext {...concern.diagnoses[0]} />
        </div>
      );
    case 'stale':
      return (
        <div>
          <p>
            <strong>Nobody has looked for too long: how it is, is not known.</strong>{' '}
            <Since at={concern.since} />
          </p>
          <p>
            The worker is alive, but its looks do not come through: read <code>.davy/logs/worker.log</code> on{' '}
            {stack.host}.
          </p>
        </div>
      );
    case 'maintenance':
      return (
        <div>
          <p>
            <strong>Maintenance: Davylamp looks on and repairs nothing.</strong> <Since at={concern.since} />
          </p>
          {concern.reason && <p>“{concern.reason}”</p>}
        </div>
      );
    case 'repairing':
      return <Repairing stack={stack} since={concern.since} />;
  }
}

function Called({ concern: { call, since } }: { concern: Extract<Concern, { kind: 'called' }> }) {
  const { component, failure, reason, detail, incidentId, runId } = call;
  return (
    <div>
      <p>
        <strong>{failureSentence(component, failure)}</strong> <Since at={since} />
      </p>
      <p>
        {escalationSentence(reason)} <span class="hint">{detail}</span>
      </p>
      <DoNext component={component} failure={failure} />
      <p class="links">
        <a href={`/incidents/${incidentId}`}>Incident</a>
        <a href={`/runs/${runId}`}>Run</a>
      </p>
    </div>
  );
}

function DoNext({
  component = null,
  failure = null,
}: {
  component?: string | null;
  failure?: string | null;
}) {
  return (
    <p>
      <b>Do next:</b> {nextStepSentence(component, failure)}
    </p>
  );
}

function Repairing({ stack: { run, incident }, since }: { stack: StackOverview; since: string | null }) {
  const what = incident
    ? failureSentence(incident.component, incident.failure)
    : `${componentPhrase('environment')} is checked.`;
  return (
    <div>
      <p>
        <strong>{what}</strong> <Since at={since} />
      </p>
      {incident?.lastAttempt && (
        <p>
          Attempt {incident.lastAttempt.number} did not help.{' '}
          <span class="hint">{incident.lastAttempt.reason}</span>
        </p>
      )}
      <p>
        {run?.status === 'waiting_retry' && run.nextAttemptAt ? (
          <>
            Davylamp repairs it: attempt {run.recoveryNumber} begins{' '}
            <ToldTime at={run.nextAttemptAt} told="until" />.
          </>
        ) : (
          <>Davylamp is repairing it now{run?.recoveryNumber ? ` (attempt ${run.recoveryNumber})` : ''}.</>
        )}
      </p>
      <p class="links">
        {incident && <a href={`/incidents/${incident.id}`}>Incident</a>}
        {run && <a href={`/runs/${run.id}`}>Run</a>}
      </p>
    </div>
  );
}

function Since({ at }: { at: string | null }) {
  if (at === null) return null;
  return (
    <span class="since">
      for <ToldTime at={at} told="span" />
    </span>
  );
}
