import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, parseEnvironment } from '../core/environment.ts';
import { messageOf } from '../core/errors.ts';
import { DeadlineError, withDeadline } from './host/deadline.ts';

/** How far below a root an environment may lie. */
const DEPTH_MAX = 3;
const FOLDERS_MAX = 2_000;
const SKIPPED = new Set(['node_modules', '.git', 'proc', 'sys', 'dev']);

/** How long a root may take: its file system may be one of another machine that is away. */
const ROOT_MS = 5_000;
/** One that did not answer in time keeps nobody waiting again. */
const LATE_ROOT_MS = 50;

/** What stands in an environment file; `null`: nothing that is of use. */
export interface Reading {
  file: string;
  environment: Environment | null;
}

/** What a root really is, and the environment files at or below it. */
export interface Below {
  real: string;
  readings: Reading[];
}

export interface Surroundings {
  /** As they really are. */
  roots: string[];
  readings: Reading[];
  /** Whether the folder lies below no root that did not answer, so that what is not in the readings is not there. */
  isKnown(folder: string): boolean;
}

export type Tell = (message: string, data: Record<string, unknown>) => void;

/** Looks below roots, each in its own time. One that hangs is waited for once, and is looked at once at a time. */
export function openRoots(
  roots: readonly string[],
  below: (root: string) => Promise<Below | null>,
  { tell, rootMs = ROOT_MS }: { tell: Tell; rootMs?: number },
): () => Promise<Surroundings> {
  const looks = roots.map((root) => openRoot(root, below, { tell, rootMs }));
  return async () => {
    const answers = await Promise.all(looks.map((look) => look()));
    const files = new Map(
      answers.flatMap(({ now }) => now?.readings ?? []).map((reading) => [reading.file, reading]),
    );
    const silent = answers.flatMap(({ now, real }) => (now === undefined ? [real] : []));
    return {
      roots: answers.flatMap(({ now, real }) => (now === null ? [] : [real])),
      readings: [...files.values()],
      isKnown: (folder) => !silent.some((root) => `${folder}/`.startsWith(root.replace(/\/?$/, '/'))),
    };
  };
}

/** `now`: `null` where the root is not there, `undefined` where it did not answer; `real`: as it was known last. */
type RootLook = () => Promise<{ now: Below | null | undefined; real: string }>;

function openRoot(
  root: string,
  below: (root: string) => Promise<Below | null>,
  { tell, rootMs }: { tell: Tell; rootMs: number },
): RootLook {
  let real = root;
  let isLate = false;
  let looking: Promise<Below | null> | null = null;
  return async () => {
    looking ??= below(root).finally(() => {
      looking = null;
    });
    try {
      const now = await withDeadline(looking, isLate ? LATE_ROOT_MS : rootMs, root);
      isLate = false;
      real = now?.real ?? real;
      return { now, real };
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      isLate = true;
      tell('a folder of environments does not answer; those known below it are kept', { root });
      return { now: undefined, real };
    }
  };
}

/** `null`: there is no such root. */
export async function readBelow(root: string, name: string, tell: Tell): Promise<Below | null> {
  const real = await realpath(root).catch(() => null);
  if (real === null) return null;
  const files = await findFiles([real], name);
  const readings = files.map(async (file) => ({ file, environment: await readEnvironment(file, tell) }));
  return { real, readings: await Promise.all(readings) };
}

/** The environment files at or below folders, not too deep. */
export async function findFiles(roots: readonly string[], name: string): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (++folders > FOLDERS_MAX) return;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    if (entries.some((entry) => entry.isFile() && entry.name === name)) found.push(join(folder, name));
    if (depth === 0) return;
    // Symlinks are no directories here: what they lead to must be a root of its own.
    for (const entry of entries)
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) await walk(join(folder, entry.name), depth - 1);
  };
  for (const root of roots) await walk(root, DEPTH_MAX);
  return [...new Set(found)];
}

async function readEnvironment(file: string, tell: Tell): Promise<Environment | null> {
  try {
    const parsed = parseEnvironment(JSON.parse(await readFile(file, 'utf8')));
    if (parsed.ok) return parsed.environment;
    tell('an environment file is invalid', { file, problems: parsed.problems });
  } catch (error) {
    tell('an environment file cannot be read', { file, reason: messageOf(error) });
  }
  return null;
}
