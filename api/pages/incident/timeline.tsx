import type { Child } from 'hono/jsx';
import { duration, readable } from '../../../core/words/text.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { clockTime, ToldTime } from '../parts/told-time.tsx';
import { took } from '../parts/took.ts';
import { AttemptBody } from '../run/attempt.tsx';
import type { Row, Span } from '../run/rows.ts';
import type { SeenIncident } from './read.ts';
import { type TimeAxis, timeAxis } from './scale.ts';

/** From the failure to its detection, its repair and the proof of it, all of it to scale; each attempt opens. */
export function Timeline({ seen }: { seen: SeenIncident }) {
  const { incident, rows } = seen;
  const unseen = { from: incident.occurredAt.getTime(), to: incident.detectedAt.getTime() };
  const axis = timeAxis([
    unseen,
    ...rows.flatMap(({ work, wait }) => [work, wait].filter((span) => span !== null)),
  ]);
  return (
    <section aria-labelledby="timeline">
      <div class="heading">
        <h2 id="timeline">Timeline</h2>
        <Durations seen={seen} />
      </div>
      <ol class="waterfall timeline">
        <li class="unseen-yet">
          <div class="line">
            <What icon="warn" title="Unseen" how={`failed at ${clockTime(incident.occurredAt)} UTC`} />
            <Bar axis={axis} work={unseen} />
            <span class="took">{took(incident.occurredAt, incident.detectedAt)}</span>
          </div>
        </li>
        {rows.map((row) => (
          <li class={`${row.kind} ${row.status}`}>
            <details id={row.id}>
              <summary class="line">
                <What icon={ICONS[row.status]} {...namesOf(row)} />
                <Bar axis={axis} work={row.work} wait={row.wait} id={row.id} />
                <span class="took">
                  <Took row={row} nextAttemptAt={seen.run.run.nextAttemptAt} />
                </span>
              </summary>
              <AttemptBody runId={incident.runId} row={row} />
            </details>
          </li>
        ))}
        <li class="axis" aria-hidden="true">
          <div class="line">
            <span class="hint">since the failure</span>
            <Ticks axis={axis} />
          </div>
        </li>
      </ol>
    </section>
  );
}

/** The two durations that a repair is judged by. */
function Durations({ seen: { incident } }: { seen: SeenIncident }) {
  const { occurredAt, detectedAt, resolvedAt, status } = incident;
  return (
    <p class="durations">
      <span>
        seen after <b>{took(occurredAt, detectedAt)}</b>
      </span>
      {status === 'resolved' && resolvedAt && (
        <span>
          repaired after <b>{took(detectedAt, resolvedAt)}</b>
        </span>
      )}
      {status === 'open' && (
        <span>
          broken for{' '}
          <b>
            <ToldTime at={occurredAt} told="span" />
          </b>
        </span>
      )}
    </p>
  );
}

const ICONS: Readonly<Record<Row['status'], IconName>> = {
  pending: 'wait',
  running: 'run',
  succeeded: 'ok',
  failed: 'bad',
  cancelled: 'idle',
};

function namesOf(row: Row): { title: string; how: string } {
  if (row.kind === 'recovery') {
    const { mode, number } = row.attempt;
    const title = mode === 'last_resort' ? 'Last resort' : `Attempt ${number}`;
    return { title, how: REPAIRS[row.status] };
  }
  const word = row.attempt.decision ?? row.attempt.error?.code;
  return { title: `Proof: ${row.title}`, how: word ? readable(word) : PROOFS[row.status] };
}

const REPAIRS: Readonly<Record<Row['status'], string>> = {
  pending: 'waiting',
  running: 'repairing',
  succeeded: 'repaired',
  failed: 'not repaired',
  cancelled: 'cancelled',
};

const PROOFS: Readonly<Record<Row['status'], string>> = {
  pending: 'comes next',
  running: 'is being proven',
  succeeded: 'proven',
  failed: 'not proven',
  cancelled: 'cancelled',
};

function What({ icon, title, how }: { icon: IconName; title: string; how: string }) {
  return (
    <span class="what">
      <Icon name={icon} />
      <span class="title">{title}</span>
      <span class="how">{how}</span>
    </span>
  );
}

function Took({ row, nextAttemptAt }: { row: Row; nextAttemptAt: Date | null }): Child {
  if (row.status === 'pending' && row.wait && nextAttemptAt)
    return <ToldTime at={nextAttemptAt} told="until" />;
  if (row.status === 'running' && row.work) return <ToldTime at={new Date(row.work.from)} told="span" />;
  return (
    <>
      {row.work ? duration(row.work.to - row.work.from) : ''}
      {row.wait && <span class="waited">waited {duration(row.wait.to - row.wait.from)}</span>}
    </>
  );
}

interface BarProps {
  axis: TimeAxis;
  work: Span | null;
  wait?: Span | null;
  id?: string;
}

/** Work as a bar, waiting hatched before it. The words beside it say the same. */
function Bar({ axis, work, wait = null, id }: BarProps) {
  return (
    <svg class="bar" height="18" width="100%" aria-hidden="true" focusable="false">
      {axis.ticks.map(({ x }) => (
        <line class="guide" x1={percent(x)} x2={percent(x)} y1="-8" y2="26" />
      ))}
      {wait && (
        <>
          <defs>
            <pattern
              id={`hatch-${id}`}
              width="6"
              height="6"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect class="hatch" width="2" height="6" />
            </pattern>
          </defs>
          <Piece axis={axis} span={wait} name="wait-ground" />
          <g fill={`url(#hatch-${id})`}>
            <Piece axis={axis} span={wait} name="wait" />
          </g>
        </>
      )}
      {work && <Piece axis={axis} span={work} name="work" />}
    </svg>
  );
}

function Piece({ axis, span, name }: { axis: TimeAxis; span: Span; name: string }) {
  const { x, width } = axis.place(span);
  return <rect class={name} x={percent(x)} y="3" width={percent(width)} height="12" rx="2" />;
}

function Ticks({ axis }: { axis: TimeAxis }) {
  return (
    <svg class="bar ticks" height="18" width="100%" aria-hidden="true" focusable="false">
      {axis.ticks.map(({ x, word }) => (
        <text x={percent(x)} y="12" class={x > 94 ? 'last' : x < 4 ? 'first' : undefined}>
          {word}
        </text>
      ))}
    </svg>
  );
}

const percent = (value: number) => `${value.toFixed(2)}%`;
