import { spawn } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { programEnvironment } from './command.ts';

const HELD_BY_ANOTHER = 1;

export interface DirectoryLock {
  release(): void;
}

/**
 * Makes this process the only launcher of a directory until `release()` or its death, however it dies.
 * @throws DavyError `postgres-held`, naming the process that has it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock');
  const fd = openSync(path, 'a+', 0o600);
  try {
    const exitCode = await lock(fd);
    if (exitCode === HELD_BY_ANOTHER) throw heldError(directory, readFileSync(path, 'utf8').trim());
    if (exitCode !== 0) throw new DavyError('postgres-lock', `flock on ${path} ended with ${exitCode}.`);
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { release: once(() => closeSync(fd)) };
}

/** flock(1) locks the open file, which is ours and stays open after it has ended; Node has no call for it. */
function lock(fd: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const flock = spawn('flock', ['--nonblock', '3'], {
      env: programEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    flock.once('error', (cause) =>
      reject(
        new DavyError('postgres-lock', `The built-in Postgres needs flock(1): ${cause.message}.`, {
          component: 'postgres',
          nextStep: 'Install util-linux.',
          cause,
        }),
      ),
    );
    flock.once('exit', resolve);
  });
}

function heldError(directory: string, pid: string): DavyError {
  return new DavyError('postgres-held', `${directory} is in use by process ${pid || '(unknown)'}.`, {
    component: 'postgres',
    nextStep: 'Stop that process, or choose another data directory.',
  });
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
