import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHolders } from '../../../worker/host/lock.ts';
import { startLitecoind } from './litecoind.ts';
import { child, hasPython, nextLine, temporaryFolder, until } from './support.ts';

function lockFile(): string {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, '');
  return path;
}

/** Python is the only common tool that takes fcntl and open-file-description locks. */
const PYTHON_LOCK = `
import fcntl, os, struct, sys
file = open(sys.argv[1], 'r+')
lock = struct.pack('hhqqi', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
fcntl.fcntl(file, int(sys.argv[2]), lock)
print('locked', flush=True)
sys.stdin.read()
`;
const F_SETLK = '6';
const F_OFD_SETLK = '37';

describe('lockHolders', () => {
  it('names who holds a flock, and not who waits for it', async () => {
    const path = lockFile();
    const holder = child('flock', ['--no-fork', path, 'sh', '-c', 'echo held; read end']);
    await nextLine(holder);
    const waiter = child('flock', ['--no-fork', path, 'true']);
    await until('the waiter', () => readFileSync('/proc/locks', 'utf8').match(`-> FLOCK .* ${waiter.pid} `));

    expect(await lockHolders(path)).toEqual([holder.pid]);
  });

  it.runIf(hasPython).each([
    ['fcntl', F_SETLK],
    ['open-file-description', F_OFD_SETLK],
  ])('names who holds an %s lock', async (_, command) => {
    const path = lockFile();
    const holder = child('python3', ['-c', PYTHON_LOCK, path, command]);
    expect(await nextLine(holder)).toBe('locked');

    expect(await lockHolders(path)).toEqual([holder.pid]);
    const link = `${path}-link`;
    symlinkSync(path, link);
    expect(await lockHolders(link)).toEqual([holder.pid]);
  });

  it('finds nobody behind a file without a lock, and behind a missing one', async () => {
    const path = lockFile();
    expect(await lockHolders(path)).toEqual([]);
    expect(await lockHolders(`${path}-none`)).toEqual([]);
  });

  it('finds litecoind behind its .lock, and nobody after kill -9', async () => {
    const daemon = await startLitecoind();
    const path = join(daemon.chainFolder, '.lock');
    expect(await lockHolders(path)).toEqual([daemon.identity.pid]);

    process.kill(daemon.identity.pid, 'SIGKILL');
    await daemon.exited;

    expect(await lockHolders(path)).toEqual([]);
  });
});
