import { runStatusSentence } from '../../core/words/run.ts';
import { isFinished, type RunView } from '../client/run-view.ts';
import type { Reader } from '../follow/follow.ts';
import { paragraph } from '../terminal/fit.ts';
import type { Paint } from '../terminal/paint.ts';
import type { Canvas } from './canvas.ts';
import { openScreen, type Screen } from './screen.ts';
import { symbolsOf } from './symbols.ts';
import { treeOf } from './tree.ts';

/** A run as a tree that is drawn anew as it goes on. */
export function treeReader(terminal: NodeJS.WriteStream, paint: Paint): Reader {
  const screen = openScreen(terminal);
  const symbols = symbolsOf(process.env.TERM);
  let remark: string | null = null;
  let frame = 0;
  const draw = (run: RunView) => {
    const foot = footLines(run, remark, { paint, columns: screen.columns });
    const canvas: Canvas = {
      ...sizeOf(screen, foot.length),
      paint,
      symbols,
      nowMs: Date.now(),
      frame: frame++,
    };
    screen.draw([...treeOf(run, canvas), ...foot]);
  };
  return {
    onRun(_before, { view }) {
      remark = null;
      draw(view);
    },
    onRemark(text) {
      remark = text;
    },
    onTick: draw,
    close: () => screen.close(),
  };
}

function sizeOf({ columns, rows }: Screen, footRows: number): Pick<Canvas, 'columns' | 'rows'> {
  // Below the picture stands the cursor.
  return { columns, rows: Math.max(3, rows - footRows - 1) };
}

function footLines(
  run: RunView,
  remark: string | null,
  { paint, columns }: { paint: Paint; columns: number },
): string[] {
  if (isFinished(run)) return paragraph(runStatusSentence(run.status), 0, columns);
  if (remark !== null) return paragraph(paint.warning(remark), 0, columns);
  return paragraph(paint.faint('Ctrl-C leaves; the run goes on.'), 0, columns);
}
