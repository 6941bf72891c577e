import { changes, waitNews } from './changes.ts';
import { type Announced, countdown } from './countdown.ts';
import type { Reader } from './follow.ts';
import { formatLine } from './line.ts';

/** Plain lines on stdout. */
export function lineReader(print: (line: string) => void = console.log): Reader {
  let announced: Announced | null = null;
  const onRemark = (text: string) => print(formatLine({ at: new Date().toISOString(), text }));
  return {
    onRun(before, { view }) {
      for (const line of changes(before, view)) print(line);
      const wait = waitNews(before, view);
      if (wait !== null) onRemark(wait);
    },
    onRemark,
    onTick(run) {
      const said = countdown(run, announced, Date.now());
      announced = said.announced;
      if (said.text !== null) onRemark(said.text);
    },
  };
}
