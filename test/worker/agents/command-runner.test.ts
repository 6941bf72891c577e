import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../../core/environment.ts';
import { findStage, loadPipeline } from '../../../core/pipeline.ts';
import { newId } from '../../../db/id.ts';
import type { StageContext } from '../../../worker/agents/agent.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { CancelledError } from '../../../worker/host/abort.ts';
import { readProcess } from '../../../worker/host/process.ts';
import { runStage } from '../../../worker/stage.ts';
import { atEnd, temporaryFolder, until } from '../host/support.ts';

const PASSWORD = 'correct-horse-battery';

function stackIn(directory: string, daemon: object): Stack {
  const parsed = parseEnvironment({
    name: 'rig',
    daemon,
    pool: {},
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return {
    environmentId: 'rig',
    environment: parsed.environment,
    directory,
    stateDirectory: join(directory, '.state'),
  };
}

const DAEMON = { credentials: { username: 'rig', password: PASSWORD } };

function contextOf(command: object, { directory, daemon, signal }: Required<Given>): StageContext {
  const result = loadPipeline({
    id: 'own',
    name: 'own',
    stages: [
      {
        id: 'check',
        name: 'Check',
        agent: 'command_runner',
        decisions: ['fine', 'warned', 'broken'].map((choice) => ({ choice })),
        command,
      },
    ],
    flow: { connections: [] },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const stage = findStage(result.pipeline, 'check');
  if (!stage) throw new Error('no stage');
  const never = () => Promise.reject(new Error('a command looks at nothing'));
  return {
    stage,
    stack: stackIn(directory, daemon),
    attemptId: newId(),
    saved: async () => [],
    signal,
    observe: never,
    want: never,
    reset: never,
    rememberHeight: never,
  };
}

const folder = () => realpathSync(temporaryFolder());
const FINE = [{ exitCode: 0, choice: 'fine' }];

interface Given {
  directory?: string;
  signal?: AbortSignal;
  /** Of `davy.json`. */
  daemon?: object;
}

function run(command: object, given: Given = {}) {
  const { directory = folder(), signal = new AbortController().signal, daemon = DAEMON } = given;
  return runStage(contextOf({ decisions: FINE, ...command }, { directory, signal, daemon }));
}

const shell = (script: string, command: object = {}, given?: Given) =>
  run({ argv: ['sh', '-c', script], ...command }, given);

/** The pid that a script wrote into a file, once it is there. */
const pidIn = async (file: string) =>
  Number(await until(`a pid in ${file}`, async () => (await readFile(file, 'utf8').catch(() => '')).trim()));

/** Waits for the end of a process; whatever happens, none is left behind. */
async function untilGone(pid: number): Promise<void> {
  const living = async () => {
    const facts = await readProcess(pid);
    return facts !== null && facts.state !== 'Z';
  };
  atEnd(async () => {
    if (await living()) process.kill(pid, 'SIGKILL');
  });
  await until(`the end of ${pid}`, async () => !(await living()));
}

describe('what a command decides', () => {
  const rules = [
    { exitCode: 0, pattern: '^warning:', choice: 'warned' },
    { exitCode: 0, choice: 'fine' },
    { pattern: 'disk full', choice: 'broken' },
  ];

  it.each([
    ['an exit code alone', 'echo all good', 'fine'],
    ['an exit code and a pattern', 'echo hello; echo warning: hot', 'warned'],
    ['a pattern of standard error', 'echo "disk full" >&2; exit 7', 'broken'],
  ])('follows from %s', async (_, script, decision) => {
    const { event } = await shell(script, { decisions: rules });
    expect(event).toEqual({ type: 'stage_decided', decision });
  });

  it('asks for both where a rule names both', async () => {
    const { event } = await shell('echo warning: hot; exit 1', { decisions: rules });
    expect(event).toMatchObject({ type: 'stage_failed' });
  });

  it('is the first rule that holds', async () => {
    const decisions = [
      { pattern: 'o', choice: 'warned' },
      { exitCode: 0, choice: 'fine' },
    ];
    expect((await shell('echo good', { decisions })).event).toMatchObject({ decision: 'warned' });
  });

  it('is the way out where no rule holds', async () => {
    const { event } = await shell('exit 9', { otherwise: 'broken' });
    expect(event).toEqual({ type: 'stage_decided', decision: 'broken' });
  });

  it('is nothing without one: the stage fails with the exit code and what was said last', async () => {
    const { event, evidence } = await shell('echo first; echo last words >&2; exit 9');
    expect(event).toEqual({
      type: 'stage_failed',
      failure: {
        code: 'command_failed',
        message: 'sh ended with exit code 9, for which no rule holds: first\\nlast words',
      },
    });
    expect(evidence).toMatchObject({ exitCode: 9, signal: null, outputTail: 'first\\nlast words' });
  });

  it('is nothing after a signal, whatever the rules', async () => {
    const { event } = await shell('kill -SEGV $$', { otherwise: 'fine' });
    expect(event).toMatchObject({
      failure: { code: 'command_failed', message: 'sh was ended by SIGSEGV' },
    });
  });

  it('is found in the last of a flood', async () => {
    const flood = 'head -c 3000000 /dev/zero | tr "\\0" x; echo; echo ready';
    const decisions = [{ pattern: '^ready$', choice: 'fine' }];
    expect((await shell(flood, { decisions })).event).toMatchObject({ decision: 'fine' });
  });

  it('is nothing where a pattern backtracks for ever', async () => {
    const decisions = [{ pattern: '^(a+)+$', choice: 'fine' }];
    const { event } = await shell(`echo ${'a'.repeat(60)}!`, { decisions, otherwise: 'fine' });
    expect(event).toMatchObject({
      failure: { code: 'bad_config', message: expect.stringContaining('not within 1000 ms') },
    });
  });
});

describe('where a command runs', () => {
  it('is the folder of the stack, or one inside', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'checks'));
    expect((await shell('pwd', {}, { directory })).evidence).toMatchObject({ outputTail: directory });
    const inside = await shell('pwd', { cwd: 'checks' }, { directory });
    expect(inside.evidence).toMatchObject({ outputTail: join(directory, 'checks') });
    writeFileSync(join(directory, 'checks', 'own'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect((await run({ argv: ['./own'], cwd: 'checks' }, { directory })).event).toMatchObject({
      decision: 'fine',
    });
  });

  it('is nowhere else', async () => {
    const outside = folder();
    const directory = join(outside, 'rig');
    mkdirSync(directory);
    mkdirSync(join(outside, 'rig-of-others'));
    symlinkSync(outside, join(directory, 'link'));
    for (const cwd of ['..', '../rig-of-others', '/', 'link', 'link/rig-of-others', '~', 'missing'])
      expect((await shell('touch escaped', { cwd }, { directory })).event).toMatchObject({
        type: 'stage_failed',
        failure: { code: 'bad_config', message: expect.stringContaining(`folder ${cwd} `) },
      });
  });
});

describe('what a command gets', () => {
  it('is its arguments, and no shell reads them', async () => {
    const { evidence } = await run({ argv: ['printf', '%s|', '$HOME', '; id', '`id`', '*'] });
    expect(evidence).toMatchObject({ outputTail: '$HOME|; id|`id`|*|' });
  });

  it('is an environment of its own: nothing of the worker but the harmless', async () => {
    process.env.DATABASE_URL = 'postgres://of.the.worker';
    process.env.DAVY_TEST_VARIABLE = 'of the worker';
    const { evidence } = await run({ argv: ['env'], env: { COLOUR: 'green' } });
    const names = String(evidence.outputTail)
      .split('\\n')
      .map((line) => line.split('=')[0]);
    const harmless = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
    expect(names).toEqual(expect.arrayContaining(['COLOUR', 'PATH', 'DAVY_ATTEMPT_ID']));
    expect(names.filter((name) => ![...harmless, 'COLOUR', 'DAVY_ATTEMPT_ID'].includes(name ?? ''))).toEqual(
      [],
    );
  });
});

describe('a command that cannot start', () => {
  it.each([
    ['that is not there', ['no-such-program'], 'missing_dependencies'],
    ['that is no program', ['/etc'], 'bad_config'],
  ])('fails its stage: one %s', async (_, argv, code) => {
    const { event } = await run({ argv, otherwise: 'fine' });
    expect(event).toMatchObject({ type: 'stage_failed', failure: { code } });
    expect(event).toMatchObject({ failure: { message: expect.stringContaining(`${argv[0]}`) } });
  });
});

describe('a command that does not end', () => {
  const FAMILY = "sh -c 'sleep 60 & echo $! >grandchild; wait' & wait";

  it('is killed when its time is up, and its grandchildren with it', async () => {
    const directory = folder();
    const over = shell(FAMILY, { timeoutSeconds: 1, otherwise: 'fine' }, { directory });
    const grandchild = await pidIn(join(directory, 'grandchild'));
    expect((await over).event).toEqual({
      type: 'stage_failed',
      failure: { code: 'timeout', message: 'sh did not end within 1 s' },
    });
    await untilGone(grandchild);
  });

  it('is killed when its stage is cancelled or late, and its grandchildren with it', async () => {
    const directory = folder();
    const stop = new AbortController();
    const over = shell(FAMILY, { otherwise: 'fine' }, { directory, signal: stop.signal });
    const grandchild = await pidIn(join(directory, 'grandchild'));
    stop.abort(new CancelledError('cancelled'));
    await expect(over).rejects.toThrow('cancelled');
    await untilGone(grandchild);
  });

  it('does not even start once its stage is', async () => {
    const directory = folder();
    const over = shell('touch started', {}, { directory, signal: AbortSignal.abort(new Error('late')) });
    await expect(over).rejects.toThrow('late');
    expect(existsSync(join(directory, 'started'))).toBe(false);
  });
});

describe('what is kept of the output', () => {
  it('is its last 4 KiB, in whole characters', async () => {
    const { evidence } = await shell(
      'i=0; while [ $i -lt 900 ]; do printf "länge %04d|" $i; i=$((i+1)); done',
    );
    expect(evidence.outputCut).toBe(true);
    const tail = String(evidence.outputTail);
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4_096);
    expect(Buffer.byteLength(tail)).toBeGreaterThan(4_090);
    expect(tail.endsWith('länge 0899|')).toBe(true);
    expect(tail).not.toContain('\ufffd');
  });

  it('has its control characters escaped: no terminal and no database stumbles', async () => {
    const { evidence } = await shell("printf 'a\\000b\\033[31mc\\r\\td\\177\\302\\233e'");
    expect(evidence.outputTail).toBe('a\\u0000b\\u001b[31mc\\r\\td\\u007f\\u009be');
  });

  it('has no password that davy.json knows', async () => {
    const { event, evidence } = await shell(`echo rpcpassword=${PASSWORD}; exit 1`);
    expect(evidence.outputTail).toBe('rpcpassword=[redacted]');
    expect(JSON.stringify(event)).not.toContain(PASSWORD);
  });

  it('has no password that the daemon itself is configured with, as a header or in a URL neither', async () => {
    const directory = folder();
    const password = 'battery/staple+horse';
    mkdirSync(join(directory, 'daemon'));
    writeFileSync(
      join(directory, 'daemon', 'bitcoin.conf'),
      `regtest=1\nrpcuser=rig\nrpcpassword=${password}\n`,
    );
    const daemon = { dataDir: 'daemon' };
    const header = Buffer.from(`rig:${password}`).toString('base64');
    const script = `cat daemon/bitcoin.conf; echo "Basic ${header}"; echo http://rig:${encodeURIComponent(password)}@localhost; exit 7`;
    const { event, evidence } = await shell(script, {}, { directory, daemon });
    expect(evidence.outputTail).toContain(
      'rpcpassword=[redacted]\\nBasic [redacted]\\nhttp://rig:[redacted]@',
    );
    for (const secret of [password, header, encodeURIComponent(password)])
      expect(JSON.stringify([event, evidence])).not.toContain(secret);
  });

  it('has no cookie of the daemon, no secret of its own environment and no API key', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'daemon', 'regtest'), { recursive: true });
    writeFileSync(join(directory, 'daemon', 'regtest', '.cookie'), `__cookie__:${'c0'.repeat(32)}`);
    const key = `davy_${'1'.repeat(16)}_${'2'.repeat(64)}`;
    const { evidence } = await shell(
      `cat daemon/regtest/.cookie; echo; echo $SHOP_TOKEN ${key}`,
      { env: { SHOP_TOKEN: 'tulip-17' } },
      { directory, daemon: { dataDir: 'daemon' } },
    );
    expect(evidence.outputTail).toBe('__cookie__:[redacted]\\n[redacted] [redacted]');
  });
});
