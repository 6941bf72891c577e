import { stageStatusWord } from '../../../core/words/run.ts';
import { duration, readable } from '../../../core/words/text.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { AttemptBody } from './attempt.tsx';
import { isFrame, type Row, type Span } from './rows.ts';
import { type Scale, scaleOf } from './scale.ts';

interface WaterfallProps {
  runId: string;
  rows: readonly Row[];
  /** When the delay before the next attempt ends. */
  nextAttemptAt: Date | null;
}

/** Every attempt on one axis of time, each to be opened. */
export function Waterfall({ runId, rows, nextAttemptAt }: WaterfallProps) {
  const scale = scaleOf(rows);
  return (
    <ol class="waterfall">
      {rows.map((row) => (
        <li class={`${row.kind} ${row.status}`}>
          <details id={row.id}>
            <summary>
              <span class="what">
                <Icon name={ICONS[row.status]} />
                <span class="title">{titleOf(row)}</span>
                <span class="how">{wordOf(row)}</span>
              </span>
              <Bar row={row} scale={scale} />
              <span class="took">
                <Took row={row} nextAttemptAt={nextAttemptAt} />
              </span>
            </summary>
            <AttemptBody runId={runId} row={row} />
          </details>
        </li>
      ))}
    </ol>
  );
}

const ICONS: Readonly<Record<Row['status'], IconName>> = {
  pending: 'wait',
  running: 'run',
  succeeded: 'ok',
  failed: 'bad',
  cancelled: 'idle',
};

function titleOf(row: Row): string {
  if (row.kind === 'recovery')
    return row.attempt.mode === 'last_resort' ? 'Last resort' : `Attempt ${row.attempt.number}`;
  return row.attempt.number === 1 ? row.title : `${row.title}, again`;
}

function wordOf(row: Row): string {
  if (row.kind === 'recovery')
    return row.attempt.outcome === 'environment_reset' ? 'reset' : RECOVERY_WORDS[row.status];
  const { decision, error, purpose } = row.attempt;
  const word = decision ?? error?.code;
  return `${purpose === 'recheck' ? 'proof: ' : ''}${word ? readable(word) : stageStatusWord(row.status)}`;
}

const RECOVERY_WORDS: Readonly<Record<Row['status'], string>> = {
  pending: 'waiting',
  running: 'repairing',
  succeeded: 'repaired',
  failed: 'not repaired',
  cancelled: 'cancelled',
};

function Took({ row, nextAttemptAt }: { row: Row; nextAttemptAt: Date | null }) {
  const isNext = row.status === 'pending' && row.wait && nextAttemptAt;
  if (isNext) return <ToldTime at={nextAttemptAt} told="until" />;
  if (row.status === 'running' && row.work) return <ToldTime at={new Date(row.work.from)} told="span" />;
  return (
    <>
      {row.work ? duration(row.work.to - row.work.from) : ''}
      {row.wait && <span class="waited">waited {duration(row.wait.to - row.wait.from)}</span>}
    </>
  );
}

/** Work as a bar, waiting hatched before it. The words beside it say the same. */
function Bar({ row, scale }: { row: Row; scale: Scale }) {
  const piece = (span: Span, name: string) => {
    const left = scale(span.from);
    return (
      <rect
        class={name}
        x={`${left.toFixed(2)}%`}
        y="3"
        width={`${(scale(span.to) - left).toFixed(2)}%`}
        height="12"
        rx="3"
      />
    );
  };
  return (
    <svg class="bar" height="18" width="100%" aria-hidden="true" focusable="false">
      <defs>
        <pattern
          id={`hatch-${row.id}`}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect class="hatch" width="2" height="6" />
        </pattern>
      </defs>
      {row.wait && (
        <>
          {piece(row.wait, 'wait-ground')}
          <g fill={`url(#hatch-${row.id})`}>{piece(row.wait, 'wait')}</g>
        </>
      )}
      {row.work && piece(row.work, isFrame(row) ? 'frame' : 'work')}
    </svg>
  );
}
