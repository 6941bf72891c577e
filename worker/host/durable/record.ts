import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseStat } from '../proc.ts';
import { identify, type ProcessIdentity } from '../process.ts';

/** Why we ended a command. */
export type Broken = 'timeout' | 'cancelled' | 'output_limit';

/** How a command ended, as its folder tells. */
export interface Ending {
  exitCode: number | null;
  signal: string | null;
  broken: Broken | null;
  startedAt: Date;
  endedAt: Date;
}

/** A command that began; the identity is that of its wrapper, which leads its process group. */
export interface Beginning {
  at: Date;
  /** Null while the wrapper is about to write it, or died doing so. */
  identity: ProcessIdentity | null;
}

/** Null before the first wrapper got hold of the folder. */
export async function readBeginning(folder: string): Promise<Beginning | null> {
  const file = join(folder, 'started');
  const stats = await orNull(async () => statSync(file));
  if (!stats) return null;
  const [bootId = '', ...rest] = ((await line(file)) ?? '').split(' ');
  const at = stats.mtime;
  if (rest.length === 0) return { at, identity: null };
  const told = parseStat(rest.join(' '));
  const { pid, startTime } = told;
  // The face is the living process's own: it is looked at only where pid and start time fit.
  const face = identify(told, bootId) ?? { executable: '', uid: process.getuid?.() ?? 0 };
  return { at, identity: { ...face, bootId, pid, startTime } };
}

/** Null while there is none. */
export async function readEnding(folder: string): Promise<Ending | null> {
  const file = join(folder, 'exit');
  const word = await line(file);
  if (word === null) return null;
  const [ended, started, said] = await Promise.all([
    statSync(file),
    orNull(async () => statSync(join(folder, 'started'))),
    orNull(async () => statSync(join(folder, 'signals'))),
  ]);
  const times = { startedAt: started?.mtime ?? ended.mtime, endedAt: ended.mtime };
  if (!/^\d+$/.test(word)) return { exitCode: null, signal: null, broken: word as Broken, ...times };
  return { ...outcomeOf(Number(word), (said?.size ?? 0) > 0), broken: null, ...times };
}

/** Writes down why we ended a command, unless it ended by itself just before. */
export async function recordBroken(folder: string, broken: Broken): Promise<void> {
  await writeFile(join(folder, 'exit'), `${broken}\n`, { flag: 'wx', mode: 0o600 }).catch(() => {});
}

/** What shells do not speak of when it ends a command. */
const QUIET: readonly number[] = [constants.signals.SIGINT, constants.signals.SIGPIPE];
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** A shell tells a signal as 128 and more, as a program may exit too: its words tell them apart. */
function outcomeOf(status: number, wasSpokenOf: boolean): Pick<Ending, 'exitCode' | 'signal'> {
  const number = status - 128;
  const name = SIGNALS.get(number);
  if (name === undefined || !(wasSpokenOf || QUIET.includes(number)))
    return { exitCode: status, signal: null };
  return { exitCode: null, signal: name };
}

/** A whole line; null where there is none, or only a part of one. */
async function line(file: string): Promise<string | null> {
  const text = await orNull(async () => readFileSync(file, 'utf8'));
  return text?.endsWith('\n') ? text.trimEnd() : null;
}

/** Small files that we wrote: a hop through the thread pool would cost more than the read. */
function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  return read().catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}
