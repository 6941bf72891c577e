import { closeSync, constants, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../worker/host/deadline.ts';
import { liveness, readProcess } from '../../../worker/host/process.ts';
import { type DetachedOptions, findMarked, startDetached } from '../../../worker/host/spawn.ts';
import { stopProcess } from '../../../worker/host/stop.ts';
import {
  fixture,
  isDead,
  killMarkedAtEnd,
  nextLine,
  pidOf,
  temporaryFolder,
  until,
  untilState,
} from './support.ts';

let counter = 0;

function detached(argv: string[], more: Partial<DetachedOptions> = {}): DetachedOptions {
  const folder = temporaryFolder();
  counter += 1;
  const marker = `spawn-test-${process.pid}-${counter}`;
  killMarkedAtEnd(marker);
  const logFile = join(folder, 'logs', 'out.log');
  return { argv, cwd: folder, env: { PATH: '/usr/bin:/bin' }, marker, logFile, stdin: 'null', ...more };
}

describe('startDetached', () => {
  it('gives the child its own group and nothing of our environment', async () => {
    process.env.DATABASE_URL = 'postgres://secret';
    const options = detached(['env'], { env: { PATH: '/usr/bin', COLOUR: 'green' } });

    const { exited } = await startDetached(options);
    await exited;

    const lines = readFileSync(options.logFile, 'utf8').trim().split('\n').sort();
    expect(lines).toEqual(['COLOUR=green', `DAVY_COMPONENT=${options.marker}`, 'PATH=/usr/bin']);
    const sleeper = await startDetached(detached(['sleep', '60']));
    expect((await readProcess(sleeper.identity.pid))?.groupId).toBe(sleeper.identity.pid);
  });

  it('appends both streams to the log', async () => {
    const options = detached(['sh', '-c', 'echo out; echo err >&2']);
    mkdirSync(join(options.cwd, 'logs'));
    writeFileSync(options.logFile, 'before\n');

    await (await startDetached(options)).exited;

    expect(readFileSync(options.logFile, 'utf8')).toBe('before\nout\nerr\n');
  });

  it('tells how and when the child ended', async () => {
    const failed = await startDetached(detached(['sh', '-c', 'exit 7']));
    expect(await failed.exited).toEqual({ exitCode: 7, signal: null, at: expect.any(Date) });

    const sleeper = await startDetached(detached(['sleep', '60']));
    const before = Date.now();
    process.kill(sleeper.identity.pid, 'SIGKILL');
    const { exitCode, signal, at } = await sleeper.exited;
    expect([exitCode, signal]).toEqual([null, 'SIGKILL']);
    expect(at.getTime()).toBeGreaterThanOrEqual(before);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('knows even a child that ends at once', async () => {
    const { identity, exited } = await startDetached(detached(['true']));
    await exited;
    expect(identity.startTime).toBeGreaterThan(0);
  });

  it('names the command and the reason when it cannot start', async () => {
    const nothing = startDetached(detached(['no-such-daemon', '-regtest']));
    await expect(nothing).rejects.toMatchObject({ reason: 'not_found', message: /no-such-daemon.*ENOENT/ });

    const plainFile = join(temporaryFolder(), 'plain-file');
    writeFileSync(plainFile, '');
    const notExecutable = startDetached(detached([plainFile]));
    await expect(notExecutable).rejects.toMatchObject({
      reason: 'not_executable',
      message: /plain-file.*EACCES/,
    });

    const lost = startDetached(detached(['true'], { cwd: '/no/such/folder' }));
    await expect(lost).rejects.toMatchObject({
      reason: 'bad_directory',
      message: /true.*\/no\/such\/folder/,
    });
  });

  it('refuses a marker that could not be found again', async () => {
    await expect(startDetached(detached(['true'], { marker: 'two words' }))).rejects.toThrow(TypeError);
    await expect(startDetached(detached(['true'], { marker: 'a\0DAVY=b' }))).rejects.toThrow(TypeError);
  });

  it('refuses to take another file for the FIFO', async () => {
    const fifoPath = join(temporaryFolder(), 'notes');
    writeFileSync(fifoPath, 'mine');
    const options = detached(['cat'], { stdin: 'fifo', fifoPath });
    await expect(startDetached(options)).rejects.toThrow(`${fifoPath} is there already and is not a FIFO`);
    expect(readFileSync(fifoPath, 'utf8')).toBe('mine');
  });
});

describe('a worker killed with -9', () => {
  it('leaves its component alive, its stdin open, and to be found by its marker', async () => {
    const options = detached(
      ['sh', '-c', 'echo started; while read line; do echo "got $line"; done; echo EOF'],
      {
        stdin: 'fifo',
      },
    );
    const fifoPath = join(options.cwd, 'run', 'stdin');
    const worker = fixture('start-detached.ts', [JSON.stringify({ ...options, fifoPath })]);
    const identity = JSON.parse(await nextLine(worker));
    await until('the component', () => readFileSync(options.logFile, 'utf8').includes('started'));

    process.kill(pidOf(worker), 'SIGKILL');
    await withDeadline(
      new Promise((resolve) => worker.once('exit', resolve)),
      5_000,
      'the end of the worker',
    );
    const fifo = openSync(fifoPath, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(fifo, 'hello\n');
    closeSync(fifo);
    await until('the echo', () => readFileSync(options.logFile, 'utf8').includes('got hello'));

    expect(readFileSync(options.logFile, 'utf8')).not.toContain('EOF');
    expect(await liveness(identity)).toBe('running');
    expect(await findMarked(options.marker)).toEqual([identity]);
  });
});

describe('findMarked', () => {
  it('finds exactly the marker, and neither prefixes nor zombies', async () => {
    const options = detached(['sleep', '60']);
    const { identity } = await startDetached(options);
    await startDetached(detached(['sleep', '60'], { marker: `${options.marker}-2` }));
    killMarkedAtEnd(`${options.marker}-2`);

    expect(await findMarked(options.marker)).toEqual([identity]);
    process.kill(identity.pid, 'SIGKILL');
    await untilState(identity, 'gone');
    expect(await findMarked(options.marker)).toEqual([]);
  });

  it('returns the outermost leader, and not the descendants that inherited the marker', async () => {
    const apart = 'echo $$; exec sleep 61';
    const options = detached(['sh', '-c', `sleep 60 & setsid sh -c '${apart}' & wait`]);
    const { identity } = await startDetached(options);
    const output = await until('the child apart', () => readFileSync(options.logFile, 'utf8').trim());
    expect(await findMarked(options.marker)).toEqual([identity]);

    process.kill(identity.pid, 'SIGKILL');
    await until('its death', () => isDead(identity));

    expect((await findMarked(options.marker)).map(({ pid }) => pid)).toEqual([Number(output)]);
    await stopProcess(identity, { termMs: 5_000, killMs: 5_000 });
  });
});
