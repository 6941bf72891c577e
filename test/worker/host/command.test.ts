import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../worker/host/command.ts';
import { type ProcessFacts, readProcess } from '../../../worker/host/process.ts';
import { becoming, fixture, isDead, nextLine, temporaryFolder, until } from './support.ts';

const LONG = { timeoutMs: 10_000 };
/** Longer than a test may take: what waits for it fails. */
const ENDLESS = { timeoutMs: 600_000 };

function shell(script: string, options: Parameters<typeof runCommand>[1] = LONG) {
  return runCommand(['sh', '-c', script], options);
}

describe('runCommand', () => {
  it('returns exit code, signal and both streams', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toMatchObject({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
      truncated: false,
    });
    expect(await shell('kill -SEGV $$')).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
  });

  it('gives no shell a chance', async () => {
    const { stdout } = await runCommand(['echo', '$HOME; id', '`id`'], LONG);
    expect(stdout).toBe('$HOME; id `id`\n');
  });

  it('says that descriptors are lacking, and does not end with it', async () => {
    for (const left of [0, 1, 3, 6, 9]) {
      const outcome = await nextLine(fixture('run-without-descriptors.ts', [`${left}`]));
      expect({ left, outcome }).toEqual({ left, outcome: 'EMFILE' });
    }
    expect(await nextLine(fixture('run-without-descriptors.ts', ['20']))).toBe('0');
  });

  it('feeds input, and survives a command that does not read it', async () => {
    expect(await runCommand(['cat'], { ...LONG, input: 'ärger\n' })).toMatchObject({ stdout: 'ärger\n' });
    expect(await runCommand(['true'], { ...LONG, input: 'x'.repeat(1_000_000) })).toMatchObject({
      exitCode: 0,
    });
    expect(await runCommand(['cat'], LONG)).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('hands on PATH and what is asked for, and no secrets', async () => {
    process.env.DATABASE_URL = 'postgres://secret';
    const { stdout } = await runCommand(['env'], { ...LONG, env: { COLOUR: 'green' } });
    expect(stdout).toContain('COLOUR=green');
    expect(stdout).toContain(`PATH=${process.env.PATH}`);
    expect(stdout).not.toContain('secret');
  });

  it('keeps the last bytes of a flood, in whole characters', async () => {
    const flood = await shell('i=0; while [ $i -lt 20000 ]; do echo "länge $i"; i=$((i+1)); done', {
      ...LONG,
      maxOutputBytes: 1_000,
    });
    expect(flood.truncated).toBe(true);
    expect(Buffer.byteLength(flood.stdout)).toBeLessThanOrEqual(1_000);
    expect(flood.stdout.endsWith('länge 19999\n')).toBe(true);
    expect(flood.stdout).not.toContain('\ufffd');
  });

  it('reports lines as they come, the unfinished last one too', async () => {
    const lines: string[] = [];
    await shell("echo one; echo two >&2; printf 'dr\\303'; sleep 0.05; printf '\\244i'", {
      ...LONG,
      onLine: (line) => lines.push(line),
    });
    expect(lines.sort()).toEqual(['dräi', 'one', 'two']);
  });

  it('kills the whole group on timeout, grandchildren that hold the pipe included', async () => {
    const result = await shell('sleep 60 & echo $!; sleep 60', { timeoutMs: 400 });

    expect(result).toMatchObject({ timedOut: true, exitCode: null, signal: 'SIGKILL' });
    await until(
      'the death of the grandchild',
      async () => !isAlive(await readProcess(Number(result.stdout))),
    );
  });

  it('kills the whole group when its caller gives up', async () => {
    const caller = new AbortController();
    const pids: number[] = [];
    const result = await shell('sleep 60 & echo $!; sleep 60', {
      ...LONG,
      signal: caller.signal,
      onLine(line) {
        pids.push(Number(line));
        caller.abort();
      },
    });

    expect(result).toMatchObject({ aborted: true, timedOut: false, signal: 'SIGKILL' });
    const [grandchild = 0] = pids;
    await until('the death of the grandchild', async () => !isAlive(await readProcess(grandchild)));
  });

  it('ends at once for a caller who has given up already', async () => {
    const result = await shell('sleep 600', { ...ENDLESS, signal: AbortSignal.abort() });
    expect(result).toMatchObject({ aborted: true, timedOut: false, exitCode: null });
  });

  it('does not wait for a grandchild that holds the pipe, and leaves it alone', async () => {
    const result = await shell('sleep 60 & echo $!');

    expect(result).toMatchObject({ exitCode: 0, timedOut: false });
    const grandchild = await becoming('/sleep', Number(result.stdout));
    expect(await isDead(grandchild)).toBe(false);
    process.kill(grandchild.pid, 'SIGKILL');
  });

  it('makes a command that cannot start a result', async () => {
    expect(await runCommand(['no-such-command'], LONG)).toMatchObject({
      exitCode: null,
      failure: 'not_found',
      stderr: expect.stringContaining('no-such-command'),
    });
    expect(await runCommand([temporaryFolder()], LONG)).toMatchObject({ failure: 'not_executable' });
    const lost = await runCommand(['true'], { ...LONG, cwd: '/no/such/folder' });
    expect(lost).toMatchObject({ failure: 'bad_directory' });
  });
});

function isAlive(facts: ProcessFacts | null): boolean {
  return facts !== null && facts.state !== 'Z';
}
