import { createLogUpdate } from 'log-update';
import stringWidth from 'string-width';

/** The lower part of a terminal, drawn over again and again. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
  /** Leaves the last picture where it is. */
  close(): void;
}

/** Of a terminal that does not know its size, as in some containers. */
const COLUMNS = 80;
const ROWS = 24;

export function openScreen(terminal: NodeJS.WriteStream): Screen {
  const size = {
    get columns() {
      return terminal.columns || COLUMNS;
    },
    get rows() {
      return terminal.rows || ROWS;
    },
  };
  const sized = Object.defineProperties(
    { isTTY: true, write: (text: string) => terminal.write(text) },
    Object.getOwnPropertyDescriptors(size),
  ) as NodeJS.WriteStream;
  const update = createLogUpdate(sized);
  let drawn: readonly string[] = [];
  let columns = size.columns;
  /** A terminal that became narrower has broken the lines of the last picture: they take more rows now. */
  const clearBroken = () => {
    const broken = (line: string) => Math.max(1, Math.ceil(stringWidth(line) / size.columns));
    const rows = drawn.reduce((sum, line) => sum + broken(line), 0);
    terminal.write(`\u001b[${rows}F\u001b[J`);
    update.done();
  };
  const draw = (lines: readonly string[]) => {
    if (size.columns < columns && drawn.length > 0) clearBroken();
    columns = size.columns;
    update(lines.join('\n'));
    drawn = lines;
  };
  return Object.assign(size, { draw, close: () => update.done() });
}
