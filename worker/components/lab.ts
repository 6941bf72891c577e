import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** The command of a program of the practice stack. */
export function labCommand(program: 'pool' | 'miner', ...args: string[]): string[] {
  return [process.execPath, RUN, `lab/${program}/main.ts`, ...args];
}
