import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { baseEnvironment } from './environment.ts';
import { type Exit, type Launched, launch, StartError, type StartFailure } from './launch.ts';
import { keepTail, type Tail } from './output.ts';

export interface CommandOptions {
  timeoutMs: number;
  /** Its abort ends the command as a timeout does. */
  signal?: AbortSignal;
  cwd?: string;
  /** Added to the base environment (PATH, HOME, locale); nothing else is inherited. */
  env?: Readonly<Record<string, string>>;
  /** Written to stdin, which is then closed; without it stdin is /dev/null. */
  input?: string;
  /** Of stdout and of stderr each the last so many bytes are kept. */
  maxOutputBytes?: number;
  /** Called with every finished line of either stream as it comes. */
  onLine?: (line: string) => void;
}

export interface CommandResult {
  /** Null when a signal ended the command or it never started. */
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** True when the beginning of the output was dropped. */
  truncated: boolean;
  timedOut: boolean;
  /** True when the caller's signal ended the command. */
  aborted: boolean;
  durationMs: number;
  /** Set when the command never started; stderr then says why. */
  failure?: StartFailure;
}

const DEFAULT_MAX_OUTPUT_BYTES = 65_536;
/** A descendant left behind may hold the pipes open for ever; output on its way comes well within this. */
const DRAIN_MS = 200;
/** Between SIGKILL and giving up on a command that even that does not end. */
const KILL_MS = 2_000;
const UNKNOWN_EXIT = { exitCode: null, signal: null } as const;

/**
 * Runs argv to its end, without a shell. Exit codes, signals, timeouts and commands that cannot be started
 * are results, not errors. On timeout and abort the whole process group is killed; descendants of a command
 * that ended in time are left alone.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  try {
    return { ...(await follow(await start(argv, options), options)), durationMs: elapsedMs() };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { ...NOT_STARTED, stderr: error.message, durationMs: elapsedMs(), failure: error.reason };
  }
}

const NOT_STARTED = {
  exitCode: null,
  signal: null,
  stdout: '',
  truncated: false,
  timedOut: false,
  aborted: false,
} as const;

function start(argv: readonly string[], { cwd, env, input }: CommandOptions): Promise<Launched> {
  const stdin = input === undefined ? 'ignore' : 'pipe';
  return launch({ argv, cwd, env: { ...baseEnvironment(), ...env }, stdio: [stdin, 'pipe', 'pipe'] });
}

async function follow(child: Launched, options: CommandOptions): Promise<Omit<CommandResult, 'durationMs'>> {
  const maxBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const stdout = keepTail(child.stdout, maxBytes, options.onLine);
  const stderr = keepTail(child.stderr, maxBytes, options.onLine);
  feed(child.stdin, options.input);
  const { exit, timedOut, aborted } = await exitOrKill(child, options);
  await drain(child, [stdout, stderr]);
  return {
    exitCode: exit.exitCode,
    signal: exit.signal,
    stdout: stdout.text(),
    stderr: stderr.text(),
    truncated: stdout.truncated() || stderr.truncated(),
    timedOut,
    aborted,
  };
}

/** A command that does not read its input is no error: its exit code tells. */
function feed(stdin: Writable | null, input: string | undefined): void {
  stdin?.on('error', () => {});
  stdin?.end(input);
}

interface Ending {
  exit: Pick<Exit, 'exitCode' | 'signal'>;
  timedOut: boolean;
  aborted: boolean;
}

async function exitOrKill(child: Launched, { timeoutMs, signal }: CommandOptions): Promise<Ending> {
  const exit = await within(child.exited, timeoutMs, signal);
  if (exit) return { exit, timedOut: false, aborted: false };
  const aborted = signal?.aborted ?? false;
  killUnreaped(child);
  return { exit: (await within(child.exited, KILL_MS)) ?? UNKNOWN_EXIT, timedOut: !aborted, aborted };
}

async function within<T>(promise: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T | null> {
  const settled = new AbortController();
  const impatience = signal ? AbortSignal.any([settled.signal, signal]) : settled.signal;
  const timeout = pause(timeoutMs, null, { signal: impatience }).catch(() => null);
  const value = await Promise.race([promise, timeout]);
  settled.abort();
  return value;
}

/** Safe without a re-read: until its exit event a child of ours is not reaped, and its number not reused. */
function killUnreaped(child: Launched): void {
  try {
    process.kill(-child.identity.pid, 'SIGKILL');
  } catch {
    // Beyond our power, such as a command under sudo; the caller hears of the timeout all the same.
  }
}

async function drain(child: Launched, outputs: Tail[]): Promise<void> {
  await within(Promise.all(outputs.map((output) => output.ended)), DRAIN_MS);
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
}
