import { runStatusWord } from '../../core/words/run.ts';
import { duration } from '../../core/words/text.ts';
import { type AttemptView, type IncidentView, isFinished, type RunView } from '../client/run-view.ts';
import { describeWait } from '../follow/waiting.ts';
import { paragraph, spread } from '../terminal/fit.ts';
import { type Canvas, sinceMs, spinner } from './canvas.ts';
import { incidentBranch } from './incident-branch.ts';

/** How much of a run is drawn: `short` folds what is over or still to come. */
type Detail = 'full' | 'without actions' | 'short';
const DETAILS: readonly Detail[] = ['full', 'without actions', 'short'];

/** A picture of a run, as high and as wide as there is room: its stages, and below them what broke. */
export function treeOf(run: RunView, canvas: Canvas): string[] {
  const pictures = DETAILS.map((detail) => [...headLines(run, canvas), ...stageLines(run, canvas, detail)]);
  const fitting = pictures.find((lines) => lines.length <= canvas.rows);
  return fitting ?? (pictures.at(-1) ?? []).slice(-canvas.rows);
}

/** The id is there to be copied: it is never cut for the sake of the status. */
const STATUS_BESIDE_ID_COLUMNS = 64;

function headLines(run: RunView, canvas: Canvas): string[] {
  const { paint, columns } = canvas;
  const took = run.finishedAt
    ? Date.parse(run.finishedAt) - Date.parse(run.createdAt)
    : sinceMs(run.createdAt, canvas);
  const title = `${paint.strong(run.pipelineName)} ${run.environment} on ${run.host}`;
  const wait = run.waitingFor?.kind === 'retry' ? null : describeWait(run);
  return [
    spread(title, duration(took), columns),
    ...(columns < STATUS_BESIDE_ID_COLUMNS
      ? [spread(paint.faint(run.id), '', columns), spread(statusWord(run, canvas), '', columns)]
      : [spread(paint.faint(`run ${run.id}`), statusWord(run, canvas), columns)]),
    ...(wait === null ? [] : paragraph(paint.warning(wait), 2, columns)),
  ];
}

function statusWord({ status }: RunView, { paint }: Canvas): string {
  const word = runStatusWord(status);
  if (status === 'succeeded') return paint.good(word);
  if (status === 'failed' || status === 'escalated') return paint.bad(word);
  return status === 'recovering' || status === 'waiting_retry' ? paint.warning(word) : paint.active(word);
}

function stageLines(run: RunView, canvas: Canvas, detail: Detail): string[] {
  const { stages } = run;
  const places = new Map(run.incidents.map((incident) => [incident, placeOf(run, incident)]));
  const branches = (stageId: string | null) =>
    run.incidents
      .filter((incident) => places.get(incident) === stageId)
      .flatMap((incident) => incidentBranch(run, incident, canvas, { actions: detail === 'full' }));
  const rows = stages.map(({ id, status }) => {
    const below = branches(id);
    const quiet = below.length === 0 && ['succeeded', 'pending', 'skipped'].includes(status);
    return { status, quiet, lines: [stageLine(run, id, canvas), ...below] };
  });
  const drawn = detail === 'short' ? folded(rows, canvas) : rows.flatMap(({ lines }) => lines);
  return [...drawn, ...branches(null)];
}

interface Row {
  status: string;
  /** Nothing that anybody has to see. */
  quiet: boolean;
  lines: string[];
}

/** Quiet stages that follow each other as one line. */
function folded(rows: readonly Row[], { paint, columns }: Canvas): string[] {
  const lines: string[] = [];
  for (let start = 0; start < rows.length; ) {
    const first = rows[start] as Row;
    let end = start + 1;
    while (first.quiet && rows[end]?.quiet && rows[end]?.status === first.status) end++;
    const word = first.status === 'succeeded' ? 'done' : 'to come';
    if (end - start > 1) lines.push(spread(paint.faint(`  ${end - start} stages ${word}`), '', columns));
    else lines.push(...first.lines);
    start = end;
  }
  return lines;
}

function stageLine(run: RunView, stageId: string, canvas: Canvas): string {
  const { paint, symbols, columns } = canvas;
  const stage = run.stages.find(({ id }) => id === stageId);
  const attempt = run.attempts.findLast((one) => one.kind === 'stage' && one.stageId === stageId);
  const status = stage?.status ?? 'pending';
  const symbol: Record<string, string> = {
    succeeded: paint.good(symbols.done),
    failed: paint.bad(symbols.failed),
    running: spinner(canvas),
    skipped: paint.faint(symbols.skipped),
  };
  const name = status === 'pending' || status === 'skipped' ? paint.faint(stageId) : stageId;
  const again = stage && stage.attempts > 1 ? ` (${stage.attempts})` : '';
  const gap = ' '.repeat(Math.max(1, decisionColumn(run, canvas) - stageId.length - again.length));
  const decision = stage?.decision ? `${gap}${paint.faint(stage.decision)}` : '';
  const left = `  ${symbol[status] ?? paint.faint(symbols.pending)} ${name}${again}${decision}`;
  return spread(left, tookOf(attempt, run, canvas), columns);
}

/** Where the decisions stand below each other, counted from the names; on a narrow terminal right behind these. */
function decisionColumn({ stages }: RunView, { columns }: Canvas): number {
  const longest = Math.max(...stages.map(({ id }) => id.length)) + AGAIN_LENGTH;
  return longest < columns / 2 ? longest : 0;
}

/** ` (2)  ` */
const AGAIN_LENGTH = 6;

function tookOf(attempt: AttemptView | undefined, run: RunView, canvas: Canvas): string {
  if (typeof attempt?.durationMs === 'number') return canvas.paint.faint(duration(attempt.durationMs));
  return attempt?.startedAt && !isFinished(run) ? duration(sinceMs(attempt.startedAt, canvas)) : '';
}

/** The stage that raised an incident: the last one that had failed when it was detected. */
function placeOf({ attempts, stages, currentStage }: RunView, { detectedAt }: IncidentView): string | null {
  const failed = attempts.filter(
    ({ kind, status, finishedAt }) =>
      kind === 'stage' &&
      status === 'failed' &&
      finishedAt &&
      Date.parse(finishedAt) <= Date.parse(detectedAt),
  );
  const place = failed.at(-1)?.stageId ?? currentStage ?? stages[0]?.id;
  return stages.some(({ id }) => id === place) ? (place ?? null) : null;
}
