import { type Concern, isWanted } from '../../../core/attention.ts';
import { componentsOf } from '../../../core/component.ts';
import { mayResetAs } from '../../../core/reset.ts';
import { readable } from '../../../core/words/text.ts';
import type { Caller } from '../../../db/keys.ts';
import type { StackOverview } from '../../../db/overview.ts';
import { Badge, RunBadge, type Tone } from '../parts/badge.tsx';
import type { IconName } from '../parts/icon.tsx';
import { StartLink } from '../parts/start-link.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { Chain } from './chain.tsx';
import { memberOf } from './member.ts';

interface StackCardProps {
  stack: StackOverview;
  concerns: readonly Concern[];
  /** One line, to be opened: where there are many stacks and nothing is the matter with this one. */
  folded: boolean;
  caller: Caller;
}

/** One stack: how it is and since when, its three layers with their figures, and what is at work there. */
export function StackCard({ stack, concerns, folded, caller }: StackCardProps) {
  const { name, host, definition } = stack;
  const id = `${host}/${name}`;
  const look = lookOf(stack, concerns);
  const head = (
    <>
      <h2>{name}</h2>
      <span class="hint">
        {host} · {definition.network}
      </span>
      <span class="state">
        <Badge tone={look.tone} icon={look.icon} word={look.word} />
        {look.since && (
          <span class="since">
            for <ToldTime at={look.since} told="span" />
          </span>
        )}
      </span>
    </>
  );
  const body = (
    <>
      <Chain members={membersOf(stack)} />
      <Foot stack={stack} caller={caller} />
    </>
  );
  if (folded)
    return (
      <details class="card stack" id={id}>
        <summary>{head}</summary>
        {body}
      </details>
    );
  return (
    <article class={`card stack ${look.tone}`} id={id}>
      <header>{head}</header>
      {body}
    </article>
  );
}

function membersOf(stack: StackOverview) {
  return componentsOf(stack.definition).map((ref) => memberOf(ref, stack));
}

/** What goes on there now, and how old what is seen is. */
function Foot({ stack, caller }: { stack: StackOverview; caller: Caller }) {
  const { run, healthAt, name, host, definition } = stack;
  return (
    <footer>
      {run ? (
        <p class="at-work">
          <RunBadge status={run.status} />
          <a href={`/runs/${run.id}`}>{run.pipelineName}</a>
          {run.currentStage && <span class="hint">{readable(run.currentStage)}</span>}
          {run.nextAttemptAt && (
            <span>
              next attempt <ToldTime at={run.nextAttemptAt} told="until" />
            </span>
          )}
        </p>
      ) : (
        <StartLink caller={caller} stack={`${stack.host}/${stack.name}`} />
      )}
      <p class="hint seen">
        <span>
          {healthAt ? (
            <>
              seen <ToldTime at={healthAt} told="ago" />
              {run && ', before the run'}
            </>
          ) : (
            'not looked at yet'
          )}
        </span>
        {mayResetAs(definition, 'soft') && (
          <a href={`/environments/${name}/reset?host=${encodeURIComponent(host)}`}>Reset…</a>
        )}
      </p>
    </footer>
  );
}

interface Look {
  tone: Tone;
  icon: IconName;
  word: string;
  since?: string | null;
}

const CONCERN_LOOKS: Readonly<Record<Concern['kind'], Omit<Look, 'since'>>> = {
  no_worker: { tone: 'bad', icon: 'person', word: 'unattended' },
  called: { tone: 'bad', icon: 'person', word: 'needs a person' },
  broken: { tone: 'bad', icon: 'bad', word: 'broken' },
  stale: { tone: 'bad', icon: 'warn', word: 'not seen' },
  repairing: { tone: 'warn', icon: 'work', word: 'repairing' },
  maintenance: { tone: 'warn', icon: 'work', word: 'maintenance' },
};

/** The one state that says most. */
function lookOf(stack: StackOverview, concerns: readonly Concern[]): Look {
  const [first] = concerns;
  if (first) return { ...CONCERN_LOOKS[first.kind], since: first.since };
  const { health, run } = stack;
  if (run) return { tone: 'run', icon: 'run', word: 'a run is at work' };
  if (!isWanted(stack)) return { tone: 'idle', icon: 'idle', word: 'stopped' };
  if (!health) return { tone: 'idle', icon: 'wait', word: 'not looked at yet' };
  return health.healthy
    ? { tone: 'ok', icon: 'ok', word: 'working', since: health.since }
    : { tone: 'warn', icon: 'warn', word: 'in doubt', since: health.since };
}
