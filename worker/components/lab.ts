import { fileURLToPath } from 'node:url';

/** The command of a program of the practice stack, which runs from its source like Davylamp itself. */
export function labCommand(program: 'pool' | 'miner', ...args: string[]): string[] {
  const script = fileURLToPath(new URL(`../../lab/${program}/main.ts`, import.meta.url));
  return [process.execPath, '--import', import.meta.resolve('tsx'), script, ...args];
}
