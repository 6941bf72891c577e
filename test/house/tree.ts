import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const NO_SOURCE = new Set(['node_modules', 'dist', 'coverage']);

export interface SourceFile {
  /** From the top of the tree: `worker/host/rpc.ts`. */
  path: string;
  text: string;
  imports: Import[];
}

export type Import =
  /** A file of the tree, by its path from the top. */
  | { kind: 'own'; target: string }
  /** A library, by the name of its package, or of its scope. */
  | { kind: 'library'; target: string }
  | { kind: 'builtin'; target: string };

/** Statements at the start of a line, over one line or several; `import()` and `require()` anywhere. */
const IMPORTS =
  /^[ \t]*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"\n]+)['"]|\b(?:import|require)\(\s*['"]([^'"\n]+)['"]/gm;

/** All TypeScript files of the tree, the tests aside. */
export function sourceFiles(): SourceFile[] {
  return walk('')
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('test/'))
    .map((path) => readSource(path, readFileSync(join(TOP, path), 'utf8')));
}

export function readSource(path: string, text: string): SourceFile {
  const names = [...text.matchAll(IMPORTS)].map(([, statement, call]) => statement ?? call ?? '');
  return { path, text, imports: names.map((name) => importOf(path, name)) };
}

function importOf(path: string, name: string): Import {
  if (name.startsWith('.')) return { kind: 'own', target: normalize(join(dirname(path), name)) };
  if (name.startsWith('node:')) return { kind: 'builtin', target: name };
  return { kind: 'library', target: name.split('/')[0] ?? name };
}

function walk(folder: string): string[] {
  return readdirSync(join(TOP, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !entry.name.startsWith('.') && !NO_SOURCE.has(entry.name) ? walk(path) : [];
  });
}

/** Whether a path is that file, or lies in that folder. */
export function liesIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
