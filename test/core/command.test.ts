import { describe, expect, test } from 'vitest';
import { commandSchema, rulesAfterExit } from '../../core/command.ts';
import { isMutating, loadPipeline, route } from '../../core/pipeline.ts';
import { loaded } from './fixtures/pipelines.ts';

const good = { argv: ['./check.sh', '--all'], decisions: [{ exitCode: 0, choice: 'fine' }] };

const document = (command: unknown, stage: object = {}) => ({
  id: 'own',
  name: 'A command of our own',
  stages: [
    {
      id: 'check',
      name: 'Check',
      agent: 'command_runner',
      decisions: [{ choice: 'fine' }, { choice: 'failed' }],
      ...(command === undefined ? {} : { command }),
      ...stage,
    },
  ],
  flow: {
    connections: [
      { from: 'check', to: null, condition: 'fine' },
      { from: 'check', to: null, condition: 'failed', ends: 'failed' },
    ],
  },
});

const problemsOf = (command: unknown, stage: object = {}) => {
  const result = loadPipeline(document(command, stage));
  return result.ok ? [] : result.problems;
};

const rules = (...decisions: object[]) => ({ ...good, decisions });

describe('the command of a stage', () => {
  test.each([
    ['with no more than it needs', good],
    [
      'with everything',
      {
        ...good,
        cwd: 'checks',
        env: { LOG_LEVEL: 'debug', _x: '1', OLD_LD_PATH: '2', MY_NODE_OPTIONS: '3' },
        timeoutSeconds: 5,
        decisions: [{ exitCode: 255, pattern: '^height=\\d+$', choice: 'fine' }],
        otherwise: 'failed',
      },
    ],
  ])('is taken %s', (_, command) => {
    expect(problemsOf(command)).toEqual([]);
  });

  test.each([
    ['a line for a shell', { ...good, argv: 'rm -rf ~' }, 'argv'],
    ['no program', { ...good, argv: [] }, 'argv'],
    ['a NUL in an argument', { ...good, argv: ['a', 'b\u0000'] }, 'argv[1]'],
    ['a field that is not known', { ...good, shell: true }, undefined],
    ['no rules', rules(), 'decisions'],
    ['a rule that asks for nothing', rules({ choice: 'fine' }), 'decisions[0]'],
    ['a rule of more than we know', rules({ exitCode: 0, choice: 'fine', signal: 9 }), 'decisions[0]'],
    ['an exit code that no process has', rules({ exitCode: 256, choice: 'fine' }), 'decisions[0].exitCode'],
    ['a pattern that does not compile', rules({ pattern: '(', choice: 'fine' }), 'decisions[0].pattern'],
    ['a careless escape', rules({ pattern: '\\y', choice: 'fine' }), 'decisions[0].pattern'],
    ['a long pattern', rules({ pattern: 'x'.repeat(257), choice: 'fine' }), 'decisions[0].pattern'],
    ['an empty pattern', rules({ pattern: '', choice: 'fine' }), 'decisions[0].pattern'],
    ['a time limit of nothing', { ...good, timeoutSeconds: 0 }, 'timeoutSeconds'],
    ['a decision that nobody declares', rules({ exitCode: 0, choice: 'flown' }), 'decisions[0].choice'],
    ['a way out that nobody declares', { ...good, otherwise: 'flown' }, 'otherwise'],
  ])('is refused with %s', (_, command, place) => {
    const path = ['stages[0].command', ...(place === undefined ? [] : [place])].join('.');
    expect(problemsOf(command).map((problem) => problem.path)).toEqual([path]);
  });

  test.each([
    'LD_PRELOAD',
    'DAVY_MARKER',
    'NODE_OPTIONS',
    'DATABASE_URL',
    'REDIS_URL',
    '1ST',
    'A=B',
    'A-B',
    '',
  ])('cannot set the environment variable "%s"', (name) => {
    expect(commandSchema.safeParse({ ...good, env: { [name]: 'x' } }).success).toBe(false);
  });

  test('belongs to stages of command_runner, each of which has one', () => {
    expect(problemsOf(undefined)).toEqual([
      { path: 'stages[0].command', message: 'command_runner needs one' },
    ]);
    const other = { agent: 'cycle_integration_tester', decisions: [{ choice: 'healthy' }] };
    expect(problemsOf(good, other)).toContainEqual({
      path: 'stages[0].command',
      message: 'cycle_integration_tester takes none',
    });
  });

  test('is not judged where its stage does something that is not there', () => {
    expect(problemsOf(good, { action: 'fly' }).map(({ path }) => path)).toEqual(['stages[0].action']);
  });
});

describe('a decision of a command', () => {
  const pipeline = loaded(document(good));

  test('ends the run well unless the connection says otherwise', () => {
    expect(route(pipeline, 'check', 'fine')).toEqual({ kind: 'end', ending: 'succeeded' });
    expect(route(pipeline, 'check', 'failed')).toEqual({ kind: 'end', ending: 'failed' });
  });

  test('that leads nowhere fails the stage', () => {
    const dead = loaded({ ...document(good), flow: { connections: [] } });
    expect(route(dead, 'check', 'failed')).toMatchObject({ kind: 'failed', code: 'unrouted_decision' });
  });

  test('comes of an act: its pipeline holds the environment', () => {
    expect(isMutating(pipeline)).toBe(true);
  });
});

describe('the rules that an exit code leaves', () => {
  const command = commandSchema.parse(
    rules(
      { exitCode: 0, pattern: 'warning', choice: 'warned' },
      { pattern: 'fatal', choice: 'fatal' },
      { exitCode: 0, choice: 'fine' },
      { exitCode: 3, choice: 'full' },
      { pattern: 'late', choice: 'late' },
    ),
  );

  test.each([
    [0, ['warned', 'fatal', 'fine']],
    [3, ['fatal', 'full']],
    [1, ['fatal', 'late']],
  ])('%i: in their order, up to the first certain one', (exitCode, choices) => {
    expect(rulesAfterExit(command, exitCode).map(({ choice }) => choice)).toEqual(choices);
  });
});
