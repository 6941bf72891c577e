export interface Symbols {
  done: string;
  failed: string;
  pending: string;
  skipped: string;
  incident: string;
  waiting: string;
  spinner: readonly string[];
}

const FULL: Symbols = {
  done: '✔',
  failed: '✖',
  pending: '·',
  skipped: '-',
  incident: '▲',
  waiting: '◷',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const PLAIN: Symbols = {
  done: 'v',
  failed: 'x',
  pending: '.',
  skipped: '-',
  incident: '!',
  waiting: '~',
  spinner: ['|', '/', '-', '\\'],
};

/** The console of a Linux without graphics has few characters. */
export function symbolsOf(terminal: string | undefined): Symbols {
  return terminal === 'linux' ? PLAIN : FULL;
}
