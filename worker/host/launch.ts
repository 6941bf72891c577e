import { closeSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { execa, type Options } from 'execa';
import { isResourceExhaustion } from '../resource-exhaustion.ts';
import { identityOf, type ProcessIdentity } from './process.ts';

/** What a stdio slot gets: nothing, a pipe to us, or a descriptor of ours. */
export type Stdio = 'ignore' | 'pipe' | number;

export interface LaunchOptions {
  argv: readonly string[];
  cwd?: string | undefined;
  /** The whole environment of the child: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  stdio: readonly [Stdio, Stdio, Stdio, ...Stdio[]];
}

export interface Exit {
  /** Null when a signal ended it. */
  exitCode: number | null;
  /** Name like `SIGKILL`; null when it exited by itself. */
  signal: string | null;
  at: Date;
}

export interface Launched {
  identity: ProcessIdentity;
  /** Settles in the moment the kernel reports the exit; never rejects. */
  exited: Promise<Exit>;
  stdin: Writable | null;
  stdout: Readable | null;
  stderr: Readable | null;
  /** Lets our own process end while the child lives on; `ref` takes it back. */
  unref(): void;
  ref(): void;
}

/** `failed` is everything else, such as an argument list too long. */
export type StartFailure = 'not_found' | 'not_executable' | 'bad_directory' | 'failed';

/** A command that could not be started at all; the message names argv[0] and the reason. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly command: string;
  readonly reason: StartFailure;

  constructor(command: string, reason: StartFailure, detail: string) {
    super(`cannot start ${command}: ${detail}`);
    this.command = command;
    this.reason = reason;
  }
}

/**
 * Starts argv without a shell, as the leader of a process group and session of its own.
 * Its identity is taken before the event loop can reap it, so it is known even for a child that ends at once.
 * @throws {StartError}, and what `isResourceExhaustion` knows where there are too few descriptors, or no process or memory left
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const [file, ...args] = options.argv;
  if (!file) throw new StartError('(nothing)', 'not_found', 'the command is empty');
  await requireDirectory(file, options.cwd);
  requireDescriptors(options.stdio.filter((slot) => slot === 'pipe').length);
  const child = execa(file, args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: options.env,
    extendEnv: false,
    // Any descriptor works; the types of execa only know those up to 9.
    stdio: options.stdio as NonNullable<Options['stdio']>,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
  });
  const identity = child.pid === undefined ? null : identityOf(child.pid);
  if (!identity) throw startError(file, await child);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, at: new Date() }));
  });
  const { stdin, stdout, stderr } = child;
  /** Pipes to a child are sockets, though their types do not say so. */
  const handles = [child, stdin, stdout, stderr] as ({ ref?(): void; unref?(): void } | null)[];
  return {
    identity,
    exited,
    stdin,
    stdout,
    stderr,
    unref() {
      for (const handle of handles) handle?.unref?.();
    },
    ref() {
      for (const handle of handles) handle?.ref?.();
    },
  };
}

async function requireDirectory(command: string, cwd: string | undefined): Promise<void> {
  if (cwd === undefined) return;
  const isDirectory = await stat(cwd).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isDirectory)
    throw new StartError(command, 'bad_directory', `its working directory ${cwd} does not exist`);
}

/** What a spawn opens for itself, to hear of a failed exec, and some for what runs beside it. */
const SPAWN_DESCRIPTORS = 6;

/** execa 9.6 lets Node's EMFILE end the whole process as an event that nobody listens to: it must not come to that. */
function requireDescriptors(pipes: number): void {
  const taken: number[] = [];
  try {
    while (taken.length < SPAWN_DESCRIPTORS + 2 * pipes) taken.push(openSync('/dev/null', 'r'));
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}

function startError(
  command: string,
  result: { code?: string | undefined; originalMessage?: string | undefined; cause?: unknown },
): Error {
  if (isResourceExhaustion(result.cause))
    return new Error(`cannot start ${command}: ${result.originalMessage}`, { cause: result.cause });
  switch (result.code) {
    case 'ENOENT':
      return new StartError(command, 'not_found', 'no such command (ENOENT)');
    case 'EACCES':
      return new StartError(command, 'not_executable', 'it is not executable by this user (EACCES)');
    default:
      return new StartError(command, 'failed', result.originalMessage ?? result.code ?? 'unknown reason');
  }
}
