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

const COLUMNS = 80;
const ROWS = 24;

export function openScreen(terminal: NodeJS.WriteStream): Screen {
  const update = createLogUpdate(terminal);
  let drawn: readonly string[] = [];
  let columns = terminal.columns;
  /** A terminal that became narrower has broken the lines of the last picture: they take more rows now. */
  const clearBroken = () => {
    const rows = drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / terminal.columns)),
      0,
    );
    terminal.write(`\u001b[${rows}F\u001b[J`);
    update.done();
  };
  return {
    get columns() {
      return terminal.columns || COLUMNS;
    },
    get rows() {
      return terminal.rows || ROWS;
    },
    draw(lines) {
      if (terminal.columns < columns && drawn.length > 0) clearBroken();
      columns = terminal.columns;
      update(lines.join('\n'));
      drawn = lines;
    },
    close: () => update.done(),
  };
}
