import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** What may be on the last column makes some terminals begin a new line. */
const MARGIN = 1;

/** Text on the left and text on the right of one line; the left one is cut where there is no room for both. */
export function spread(left: string, right: string, columns: number): string {
  const width = columns - MARGIN;
  if (right === '') return cut(left, width);
  const room = Math.max(0, width - stringWidth(right) - 1);
  const kept = cut(left, room);
  return `${kept}${' '.repeat(Math.max(1, room - stringWidth(kept) + 1))}${right}`;
}

/** A text over as many lines as it takes, all of them indented. */
export function paragraph(text: string, indent: number, columns: number): string[] {
  const width = Math.max(10, columns - MARGIN - indent);
  return wrapAnsi(text, width, { hard: true })
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}`);
}

function cut(text: string, width: number): string {
  return width <= 0 ? '' : cliTruncate(text, width);
}
