import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../../../worker/host/abort.ts';
import {
  type DurableOptions,
  endDurably,
  runDurably,
} from '../../../../worker/host/durable/durable-command.ts';
import { readBeginning } from '../../../../worker/host/durable/record.ts';
import { sweep } from '../../../../worker/host/durable/sweep.ts';
import { readProcess } from '../../../../worker/host/process.ts';
import { child, killMarkedAtEnd, nextLine, pidOf, temporaryFolder, until } from '../support.ts';

const options = (given: Partial<DurableOptions> = {}): DurableOptions => {
  const cwd = given.cwd ?? temporaryFolder();
  const folder = given.folder ?? join(cwd, 'attempt');
  killMarkedAtEnd(`command:${folder}`);
  return {
    folder,
    attemptId: folder,
    saved: async () => [],
    cwd,
    timeoutMs: 20_000,
    maxOutputBytes: 1_000_000,
    signal: new AbortController().signal,
    ...given,
  };
};

/** Leaves a mark, and ends as soon as it may. */
const EFFECT = ['sh', '-c', 'echo mark >>effect; until [ -e go ]; do sleep 0.02; done; echo said; exit 7'];
const effects = (cwd: string) => readFileSync(join(cwd, 'effect'), 'utf8');
const begun = (cwd: string) => until('the effect', () => existsSync(join(cwd, 'effect')));

function life({ folder, cwd }: DurableOptions) {
  const file = join(import.meta.dirname, 'life.ts');
  return child(process.execPath, ['--import', 'tsx', file, folder, cwd, ...EFFECT]);
}

async function alive(pid: number): Promise<boolean> {
  const facts = await readProcess(pid);
  return facts !== null && facts.state !== 'Z';
}

describe('after the death of the worker', () => {
  it('a command that still runs is adopted', async () => {
    const given = options();
    const first = life(given);
    await until('the effect', () => existsSync(join(given.cwd, 'effect')), 30_000);
    process.kill(pidOf(first), 'SIGKILL');
    const second = runDurably(EFFECT, given);
    writeFileSync(join(given.cwd, 'go'), '');
    expect(await second).toMatchObject({ exitCode: 7, stdout: 'said\n' });
    expect(effects(given.cwd)).toBe('mark\n');
  }, 60_000);

  it('an outcome that was not recorded counts', async () => {
    const given = options();
    writeFileSync(join(given.cwd, 'go'), '');
    const first = life(given);
    await nextLine(first, 30_000);
    process.kill(pidOf(first), 'SIGKILL');
    expect(await runDurably(EFFECT, given)).toMatchObject({ exitCode: 7, stdout: 'said\n' });
    expect(effects(given.cwd)).toBe('mark\n');
  }, 60_000);

  it('a command that was cut off is told as such, and not run again', async () => {
    const given = options();
    const first = runDurably(EFFECT, given);
    await begun(given.cwd);
    const pid = (await readBeginning(given.folder))?.identity?.pid ?? 0;
    process.kill(-pid, 'SIGKILL');
    expect((await first).interrupted).toBeInstanceOf(Date);
    expect((await runDurably(EFFECT, given)).interrupted).toBeInstanceOf(Date);
    expect(effects(given.cwd)).toBe('mark\n');
  });

  it('a command whose wrapper alone was killed is followed to its end, and ended on demand', async () => {
    const given = options();
    const first = runDurably(EFFECT, given);
    await begun(given.cwd);
    process.kill((await readBeginning(given.folder))?.identity?.pid ?? 0, 'SIGKILL');
    const second = runDurably(EFFECT, given);
    let isOver = false;
    void second.then(() => {
      isOver = true;
    });
    expect(isOver).toBe(false);
    await endDurably(given);
    expect(await first).toMatchObject({ exitCode: null });
    expect(await second).toMatchObject({ exitCode: null });
    expect(effects(given.cwd)).toBe('mark\n');
  });

  it('its time is counted from its start', async () => {
    const stop = new AbortController();
    const given = options({ signal: stop.signal });
    const first = runDurably(EFFECT, given);
    await begun(given.cwd);
    stop.abort(new Error('the worker stops'));
    await expect(first).rejects.toThrow('stops');
    const late = options({ cwd: given.cwd, timeoutMs: 1 });
    expect(await runDurably(EFFECT, late)).toMatchObject({ timedOut: true });
  });
});

it('two that take it up at once see one effect and one outcome', async () => {
  const given = options();
  const both = Array.from({ length: 4 }, () => runDurably(EFFECT, given));
  await begun(given.cwd);
  writeFileSync(join(given.cwd, 'go'), '');
  for (const result of await Promise.all(both)) expect(result).toMatchObject({ exitCode: 7 });
  expect(effects(given.cwd)).toBe('mark\n');
});

describe('an abort', () => {
  const FAMILY = ['sh', '-c', "sh -c 'sleep 60 & echo $! >grandchild; wait' & wait"];
  const grandchild = (cwd: string) =>
    until('a pid', () =>
      existsSync(join(cwd, 'grandchild')) ? Number(readFileSync(join(cwd, 'grandchild'), 'utf8')) : 0,
    );

  it('by a cancellation ends the whole group', async () => {
    const stop = new AbortController();
    const given = options({ signal: stop.signal });
    const over = runDurably(FAMILY, given);
    const pid = await grandchild(given.cwd);
    stop.abort(new CancelledError('cancelled'));
    await expect(over).rejects.toThrow('cancelled');
    await until('its end', async () => !(await alive(pid)));
  });

  it.each([
    ['a worker that stops', new Error('the worker stops')],
    ['a deadline that is not its own', new DOMException('the worker stops', 'TimeoutError')],
  ])('by %s leaves it running, until somebody ends it', async (_, reason) => {
    const stop = new AbortController();
    const given = options({ signal: stop.signal });
    const over = runDurably(FAMILY, given);
    const pid = await grandchild(given.cwd);
    stop.abort(reason);
    await expect(over).rejects.toThrow('stops');
    expect(await alive(pid)).toBe(true);
    await endDurably(given);
    await until('its end', async () => !(await alive(pid)));
  });
});

it('old folders go once their outcome is saved, and not before', async () => {
  const parent = temporaryFolder();
  const names = Array.from({ length: 103 }, (_, index) => String(1000 + index));
  for (const name of names) mkdirSync(join(parent, name));
  await sweep(parent, async (old) => old.filter((name) => name !== '1001'));
  expect(readdirSync(parent).sort()).toEqual(['1001', ...names.slice(3)]);
});

it('a command that floods the disk is ended', async () => {
  const given = options({ outputLimitBytes: 100_000, maxOutputBytes: 10 });
  const result = await runDurably(['yes'], given);
  expect(result).toMatchObject({ tooMuchOutput: true, exitCode: null });
});

it('arguments arrive byte for byte, builtins of shells are not taken for programs', async () => {
  const odd = ['a b', '"', "'", 'x\ny', '', '-rf', '$HOME', '`id`', '\\n', 'ä', 'z'.repeat(100_000)];
  const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
  const { stdout } = await runDurably([process.execPath, '-e', script, '--', ...odd], options());
  expect(JSON.parse(stdout)).toEqual(odd);
  expect(await runDurably(['printf', '--version'], options())).toMatchObject({
    stdout: expect.stringContaining('coreutils'),
  });
});

it('an exit code over 128 is no signal', async () => {
  expect(await runDurably(['sh', '-c', 'exit 139'], options())).toMatchObject({
    exitCode: 139,
    signal: null,
  });
  expect(await runDurably(['sh', '-c', 'kill -SEGV $$'], options())).toMatchObject({ signal: 'SIGSEGV' });
});

it('what it writes is for its own user alone', async () => {
  const given = options();
  await runDurably(['true'], given);
  expect(statSync(given.folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(given.folder, 'stdout')).mode & 0o777).toBe(0o600);
});
