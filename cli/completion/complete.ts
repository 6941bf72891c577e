import type { Command } from 'commander';
import { namesFor } from './names.ts';
import { completionsFor } from './words.ts';

/** `davy complete -- WORD...`: a name a line, a tab, and what it is. Whatever fails, the shell hears nothing of it. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const { names, asked } = completionsFor(program, words);
  const all = [...names, ...(asked ? await namesFor(asked.command, asked.place) : [])];
  const current = words.at(-1) ?? '';
  for (const { name, about } of all)
    if (name.startsWith(current)) console.log(`${name}\t${about.replace(/\s+/g, ' ')}`);
}
