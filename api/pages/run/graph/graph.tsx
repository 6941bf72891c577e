import { stageStatusWord } from '../../../../core/words/run.ts';
import { readable } from '../../../../core/words/text.ts';
import { LABEL, type PlacedEdge, type PlacedNode, type Point, placed } from './layout.ts';
import type { PipelineGraph } from './model.ts';

/** The pipeline from top to bottom; the way that the run took stands out, and where it is now pulses. */
export function Graph({ graph }: { graph: PipelineGraph }) {
  const { width, height, nodes, edges } = placed(graph);
  return (
    <div class="graph">
      <svg
        viewBox={`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`}
        width={Math.ceil(width)}
        height={Math.ceil(height)}
      >
        <title>The stages and the way that the run took</title>
        <defs>
          <Arrow id="arrow" />
          <Arrow id="arrow-taken" />
        </defs>
        {[...edges].sort((one, other) => one.taken - other.taken).map(Edge)}
        {nodes.map(Node)}
      </svg>
    </div>
  );
}

function Arrow({ id }: { id: string }) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerWidth="7"
      markerHeight="7"
      orient="auto-start-reverse"
    >
      <path d="M0 .6 7.4 4 0 7.4z" />
    </marker>
  );
}

function Edge(edge: PlacedEdge) {
  const { decisions, taken, isImplicit, points, x, y } = edge;
  const top = y - ((decisions.length - 1) * LABEL.lineHeight) / 2;
  return (
    <g class={`edge${taken > 0 ? ' taken' : ''}${isImplicit ? ' implicit' : ''}`}>
      <path d={curve(points)} marker-end={`url(#arrow${taken > 0 ? '-taken' : ''})`} />
      {decisions.map(({ choice, isTaken }, line) => (
        <text x={x} y={top + line * LABEL.lineHeight} class={isTaken ? 'taken' : undefined}>
          {readable(choice)}
          {isTaken && taken > 1 && decisions.length === 1 && ` ×${taken}`}
        </text>
      ))}
    </g>
  );
}

/** Round through the points that the layout gives. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const last = rest.pop();
  if (!first || !last) return '';
  const bends = rest.map((point, index) => {
    const next = rest[index + 1];
    const to = next ? { x: round((point.x + next.x) / 2), y: round((point.y + next.y) / 2) } : last;
    return `Q${point.x} ${point.y} ${to.x} ${to.y}`;
  });
  return [`M${first.x} ${first.y}`, ...(bends.length > 0 ? bends : [`L${last.x} ${last.y}`])].join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function Node(node: PlacedNode) {
  const { kind, title, status, attempts, isCurrent, isWaiting, attemptId, x, y, width, height } = node;
  const word = isWaiting ? 'waits to try again' : stageStatusWord(status);
  const shape = (
    <g class={`node ${kind} ${status}${isCurrent ? ' current' : ''}${isWaiting ? ' waiting' : ''}`}>
      <title>{`${title}: ${word}`}</title>
      <rect
        x={round(x - width / 2)}
        y={round(y - height / 2)}
        width={width}
        height={height}
        rx={kind === 'end' ? height / 2 : 9}
      />
      {kind === 'end' ? (
        <text x={x} y={y} class="end-title">
          {title}
        </text>
      ) : (
        <>
          <path
            class="sign"
            transform={`translate(${round(x - width / 2 + 11)} ${round(y - 8)})`}
            d={isWaiting ? CLOCK : SIGNS[status]}
          />
          <text x={round(x - width / 2 + 36)} y={y - 8} class="title">
            {shortened(title)}
          </text>
          <text x={round(x - width / 2 + 36)} y={y + 10} class="word">
            {word}
            {attempts > 1 && `, ${attempts} attempts`}
          </text>
        </>
      )}
    </g>
  );
  return attemptId === null ? shape : <a href={`#${attemptId}`}>{shape}</a>;
}

const LETTERS_MAX = 21;

function shortened(title: string): string {
  return title.length <= LETTERS_MAX ? title : `${title.slice(0, LETTERS_MAX - 1)}…`;
}

const RING = 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8';
const CLOCK = `${RING}M8 4.6V8l2.4 1.6`;
const SIGNS: Readonly<Record<PlacedNode['status'], string>> = {
  pending: RING,
  skipped: RING,
  running: `${RING}M6.6 5.4v5.2L10.8 8z`,
  succeeded: `${RING}M5.2 8.2l2 2 3.7-4.2`,
  failed: `${RING}M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4`,
  cancelled: `${RING}M5.4 8h5.2`,
};
