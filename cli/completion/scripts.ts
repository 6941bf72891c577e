import { readFile } from 'node:fs/promises';
import { shippedPath } from '../places.ts';

/** The shells that there is a script for, each in a file of this folder. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** `davy completion SHELL` */
export async function printScript(shell: Shell): Promise<void> {
  process.stdout.write(await readFile(shippedPath(`cli/completion/davy.${shell}`), 'utf8'));
}
