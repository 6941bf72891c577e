import { once } from 'node:events';
import { resolve as absolute } from 'node:path';
import { withDeadline } from './deadline.ts';
import { baseEnvironment } from './environment.ts';
import { type Launched, launch } from './launch.ts';
import { keepTail } from './output.ts';

/** An exclusive lock that the kernel takes back in the moment this process dies, kill -9 included. */
export interface Fence {
  /** Idempotent. */
  release(): Promise<void>;
  /** Resolves when the lock was lost without release(): stop acting at once. */
  lost: Promise<void>;
}

const CONFLICT = 75;
const ACQUIRE_MS = 5_000;
const GREETING = 'held\n';

/**
 * Takes the locks on files, which are made when missing and never removed, and on folders, which must be there;
 * all of them or, with null, none, where another holds one.
 * The locks live in a `cat` that flock(1) turns into and that reads a pipe from us: our death ends the pipe,
 * the end of the pipe ends the `cat`, and with it the locks. In a session of its own, it outlives a Ctrl-C.
 * @throws {StartError} without util-linux's flock
 * @throws {Error} when a file cannot be opened
 */
export async function acquireFence(...paths: [string, ...string[]]): Promise<Fence | null> {
  const locks = paths.flatMap((path) => [
    'flock',
    '--exclusive',
    '--nonblock',
    '--no-fork',
    `--conflict-exit-code=${CONFLICT}`,
    absolute(path),
  ]);
  const holder = await launch({
    argv: [...locks, 'cat'],
    env: baseEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = keepTail(holder.stderr, 4_096);
  const answer = await withDeadline(
    firstSign(holder),
    ACQUIRE_MS,
    `the lock on ${paths.join(' and ')}`,
  ).catch((error: unknown) => {
    holder.stdin?.destroy();
    throw error;
  });
  if (answer === 'held') return fenceOf(holder);
  if (answer.exitCode === CONFLICT) return null;
  await stderr.ended;
  throw new Error(`cannot lock ${paths.join(' and ')}: ${stderr.text().trim()}`);
}

/** `cat` echoes our greeting only once flock has the lock and became it. */
async function firstSign({ stdin, stdout, exited }: Launched) {
  stdin?.on('error', () => {});
  stdin?.write(GREETING);
  const greeted = stdout ? once(stdout, 'data').then(() => 'held' as const) : exited;
  return Promise.race([greeted, exited]);
}

function fenceOf(holder: Launched): Fence {
  let isReleased = false;
  holder.unref();
  const lost = new Promise<void>((resolve) => {
    holder.exited.then(() => {
      if (!isReleased) resolve();
    });
  });
  return {
    lost,
    async release() {
      isReleased = true;
      holder.ref();
      holder.stdin?.destroy();
      await holder.exited;
    },
  };
}
