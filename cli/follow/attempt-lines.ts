import { duration, oneLine } from '../../core/words/text.ts';
import type { AttemptView } from '../client/run-view.ts';
import type { Line } from './line.ts';

/** What happened to one attempt between two looks at it. */
export function attemptLines(
  before: AttemptView | undefined,
  now: AttemptView,
  strategy: string | null,
): Line[] {
  const recovery = now.kind === 'recovery';
  const by = strategy === null ? '' : ` (${strategy})`;
  const lines: Line[] = [];
  if (now.startedAt && !before?.startedAt)
    lines.push({
      at: now.startedAt,
      kind: recovery ? 'recovery_begun' : 'stage_begun',
      text: `${nameOf(now)} begins`,
    });
  if (now.finishedAt && !before?.finishedAt)
    lines.push({
      at: now.finishedAt,
      kind: recovery ? 'recovery_ended' : 'stage_ended',
      text: `${nameOf(now)}${by} ${endingOf(now)}${tookOf(now)}`,
    });
  return lines;
}

function nameOf({ kind, stageId, number }: AttemptView): string {
  if (kind === 'recovery') return `recovery attempt ${number}`;
  return number > 1 ? `${stageId} (attempt ${number})` : `${stageId}`;
}

function endingOf({ status, decision, error }: AttemptView): string {
  const ending = decision ? `${status}: ${decision}` : status;
  return error ? `${ending}: ${oneLine(error.message)}` : ending;
}

function tookOf({ durationMs }: AttemptView): string {
  return typeof durationMs === 'number' ? ` (${duration(durationMs)})` : '';
}
