import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CancelledError, TimeoutError } from '../abort.ts';
import type { CommandResult } from '../command.ts';
import { baseEnvironment } from '../environment.ts';
import { followGroup } from '../group.ts';
import { type Launched, launch, StartError, type StartFailure } from '../launch.ts';
import { MARKER_VARIABLE } from '../marker.ts';
import { commandOnPath } from '../packages.ts';
import { procStrings } from '../proc.ts';
import type { ProcessIdentity } from '../process.ts';
import { findMarked } from '../spawn.ts';
import { stopProcess } from '../stop.ts';
import { outputBytes, readTails } from './output.ts';
import { type Broken, type Ending, readBeginning, readEnding, recordBroken } from './record.ts';
import { type Saved, sweepSometimes } from './sweep.ts';
import { WRAPPER } from './wrapper.ts';

export interface DurableOptions {
  /** The command's own, named by the attempt: whoever comes with the same folder gets the same one run. */
  folder: string;
  /** Told to the command, so that what it does can be made idempotent; by it what is left of it is known. */
  attemptId: string;
  cwd: string;
  env?: Readonly<Record<string, string>>;
  /** Counted from the start of the command, in whichever life of ours that was. */
  timeoutMs: number;
  /** Of each stream the last so many bytes are returned. */
  maxOutputBytes: number;
  /** Of both streams together; a command that writes more is ended. */
  outputLimitBytes?: number;
  /** Which folders beside this one may go. */
  saved: Saved;
  /** Aborted with a {@link TimeoutError} or a {@link CancelledError} it ends the command; else that goes on without us. */
  signal: AbortSignal;
}

export interface DurableResult
  extends Pick<CommandResult, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'timedOut' | 'durationMs'> {
  failure?: StartFailure;
  /** We ended it: it wrote too much. */
  tooMuchOutput?: boolean;
  /** It began then, runs no more, and nobody saw how it ended. */
  interrupted?: Date;
}

/** The environment variable in which a command finds the id of its attempt. */
const ATTEMPT_VARIABLE = 'DAVY_ATTEMPT_ID';
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
const STOP_TIMES = { termMs: 1_000, killMs: 2_000 };
/** An adopted command ends unannounced; a command of our own is looked at only for what it writes. */
const POLL_MS = [2, 5, 10, 25, 50] as const;
const POLL_MS_MAX = 100;
const TICK_MS = 10;

/**
 * Runs argv at most once for its folder, whatever dies meanwhile: an ending that is written down counts, a living
 * command is followed to its end, one that was cut off is told as such. Rejects with the signal's reason.
 */
export async function runDurably(argv: readonly string[], options: DurableOptions): Promise<DurableResult> {
  const known = await readEnding(options.folder);
  if (known) return resultOf(known, options);
  if (await readBeginning(options.folder)) return await follow(null, options);
  try {
    const child = await start(argv, options);
    const sweeping = sweepSometimes(dirname(options.folder), options.saved);
    const result = await follow(child, options);
    await sweeping;
    return result;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { ...UNKNOWN, stderr: error.message, failure: error.reason };
  }
}

const UNKNOWN = { exitCode: null, signal: null, stdout: '', stderr: '', timedOut: false, durationMs: 0 };

async function start(
  argv: readonly string[],
  { folder, attemptId, cwd, env, signal }: DurableOptions,
): Promise<Launched> {
  const environment = { ...baseEnvironment(), ...env };
  await requireProgram(argv[0] ?? '', cwd, environment.PATH);
  signal.throwIfAborted();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = ['stdout', 'stderr', 'signals'].map((name) => openSync(join(folder, name), 'a', 0o600));
  const [stdout, stderr, signals] = files as [number, number, number];
  try {
    const child = await launch({
      argv: ['/bin/sh', '-c', WRAPPER, 'command', folder, ...argv],
      cwd,
      env: { ...environment, [ATTEMPT_VARIABLE]: attemptId, [MARKER_VARIABLE]: attemptMarker(attemptId) },
      stdio: ['ignore', stdout, signals, stderr],
    });
    child.unref();
    return child;
  } finally {
    files.map((file) => closeSync(file));
  }
}

async function requireProgram(name: string, cwd: string, path: string | undefined): Promise<void> {
  const file = name.includes('/') ? resolve(cwd, name) : name;
  if (await commandOnPath(file, path)) return;
  if (!name.includes('/') || !(await isThere(file)))
    throw new StartError(name, 'not_found', 'no such command (ENOENT)');
  throw new StartError(name, 'not_executable', 'it is not executable by this user (EACCES)');
}

async function isThere(file: string): Promise<boolean> {
  return await access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Ends what an earlier life began under this folder, where it still runs. */
export async function endDurably(run: Run): Promise<void> {
  if (await readEnding(run.folder)) return;
  const identity = await wrapperOf(run);
  if (identity) await breakOff(identity, 'cancelled', run);
}

type Run = Pick<DurableOptions, 'folder' | 'attemptId'>;

/** Looks until there is an ending, or nobody left who could write one. */
async function follow(child: Launched | null, options: DurableOptions): Promise<DurableResult> {
  const { folder, signal } = options;
  let exited = child === null;
  const exit = child?.exited.then(() => {
    exited = true;
  });
  let identity = child?.identity ?? null;
  for (let look = 0; ; look++) {
    if (signal.aborted) {
      await breakOffOnAbort(identity ?? (await wrapperOf(options)), options);
      throw signal.reason;
    }
    if (exited) {
      const before = await readEnding(folder);
      if (before) return await resultOf(before, options);
      identity = await wrapperOf(options);
      const isAlive = identity !== null && (await isRunning(identity, options.attemptId));
      const ending = await readEnding(folder);
      if (ending) return await resultOf(ending, options);
      if (!isAlive) return await cutOff(options);
    }
    const broken = look > 0 && identity && (await excessOf(identity, options));
    if (identity && broken) {
      await breakOff(identity, broken, options);
      const ending = await readEnding(folder);
      if (ending) return await resultOf(ending, options);
    }
    await nextLook(
      exited ? null : (exit ?? null),
      exited ? (POLL_MS[look] ?? POLL_MS_MAX) : POLL_MS_MAX,
      signal,
    );
  }
}

/** By it the wrapper is found before it could write down who it is. */
function attemptMarker(attemptId: string): string {
  return `command:${attemptId}`;
}

/** Whoever holds the folder: a second wrapper of the same attempt went away and did nothing. */
async function wrapperOf({ folder, attemptId }: Run): Promise<ProcessIdentity | null> {
  const beginning = await readBeginning(folder);
  return beginning?.identity ?? (await findMarked(attemptMarker(attemptId)))[0] ?? null;
}

async function nextLook(exit: Promise<void> | null, ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const timer = pause(ms, undefined, { signal: AbortSignal.any([over.signal, signal]) }).catch(() => {});
  await Promise.race(exit ? [exit, timer] : [timer]);
  over.abort();
}

async function excessOf(identity: ProcessIdentity, options: DurableOptions): Promise<Broken | null> {
  if (uptime() * 1000 - identity.startTime * TICK_MS >= options.timeoutMs) return 'timeout';
  const limit = options.outputLimitBytes ?? OUTPUT_LIMIT_BYTES;
  return outputBytes(options.folder) > limit ? 'output_limit' : null;
}

async function breakOffOnAbort(identity: ProcessIdentity | null, options: DurableOptions): Promise<void> {
  const { reason } = options.signal;
  if (!identity) return;
  if (reason instanceof TimeoutError) await breakOff(identity, 'timeout', options);
  if (reason instanceof CancelledError) await breakOff(identity, 'cancelled', options);
}

async function isRunning(identity: ProcessIdentity, attemptId: string): Promise<boolean> {
  return (await followGroup(identity, (pid) => isOfAttempt(pid, attemptId)).alive()).length > 0;
}

/** What cannot be ended has no ending: it goes on, and whoever comes next finds it so. */
async function breakOff(
  identity: ProcessIdentity,
  broken: Broken,
  { folder, attemptId }: Run,
): Promise<void> {
  const { outcome } = await stopProcess(identity, STOP_TIMES, (pid) => isOfAttempt(pid, attemptId));
  if (outcome !== 'refused' && outcome !== 'survived') await recordBroken(folder, broken);
}

/** The wrapper may be dead and the command alive: the number of their group alone proves nothing. */
async function isOfAttempt(pid: number, attemptId: string): Promise<boolean> {
  return (await procStrings(pid, 'environ'))?.includes(`${ATTEMPT_VARIABLE}=${attemptId}`) ?? false;
}

async function resultOf(ending: Ending, options: DurableOptions): Promise<DurableResult> {
  const { exitCode, signal, broken, startedAt, endedAt } = ending;
  return {
    ...readTails(options.folder, options.maxOutputBytes),
    exitCode,
    signal,
    timedOut: broken === 'timeout',
    durationMs: Math.max(0, endedAt.getTime() - startedAt.getTime()),
    ...(broken === 'output_limit' && { tooMuchOutput: true }),
  };
}

async function cutOff({ folder, maxOutputBytes }: DurableOptions): Promise<DurableResult> {
  const at = (await readBeginning(folder))?.at ?? (await stat(folder)).mtime;
  return { ...UNKNOWN, ...readTails(folder, maxOutputBytes), interrupted: at };
}
