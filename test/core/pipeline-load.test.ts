import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../core/pipeline.ts';
import { sketch } from './fixtures/pipelines.ts';

const start = 'bitcoin_daemon_manager/start_daemon';
const verify = 'daemon_pool_connector/verify_connection';

const good = () =>
  sketch({ start, verify }, ['start -daemon_started-> verify', 'verify -connection_verified-> end']);

const problemsOf = (document: unknown) => {
  const result = loadPipeline(document);
  return result.ok ? [] : result.problems;
};

describe('a pipeline file that is not one', () => {
  test.each([
    ['no object', null, '$'],
    ['a list', [], '$'],
    ['no stages', { ...good(), stages: [] }, 'stages'],
    ['no flow', { ...good(), flow: undefined }, 'flow'],
    ['an id with a path in it', { ...good(), id: '../../x' }, 'id'],
    ['an id that looks like an option', { ...good(), id: '--help' }, 'id'],
    ['an id with a command in it', { ...good(), id: 'x;reboot' }, 'id'],
    [
      'a stage without decisions',
      { ...good(), stages: [{ ...good().stages[0], decisions: [] }] },
      'stages[0].decisions',
    ],
    [
      'a time limit of nothing',
      { ...good(), stages: [{ ...good().stages[0], timeoutSeconds: 0 }] },
      'stages[0].timeoutSeconds',
    ],
    [
      'an ending that is none',
      {
        ...good(),
        flow: { connections: [{ from: 'verify', to: null, condition: 'connection_verified', ends: 'well' }] },
      },
      'flow.connections[0].ends',
    ],
    [
      'a connection without a way',
      { ...good(), flow: { connections: [{ from: 'start', condition: 'daemon_started' }] } },
      'flow.connections[0].to',
    ],
  ])('%s', (_, document, path) => {
    expect(problemsOf(document).map((problem) => problem.path)).toContain(path);
  });

  test('tells all that is wrong with its shape at once', () => {
    const document = {
      ...good(),
      id: '',
      name: '',
      stages: [{ ...good().stages[0], id: '-rf', agent: '' }],
      flow: { connections: [] },
    };
    expect(problemsOf(document).map(({ path }) => path)).toEqual([
      'id',
      'name',
      'stages[0].id',
      'stages[0].agent',
    ]);
  });

  test('tells what is wrong with the rest of it as well, and nothing that may only follow', () => {
    const { stages, flow } = good();
    const [first, ...others] = stages;
    const unreadable = { ...first, name: '' };
    const connections = [
      { from: first?.id, to: 'nowhere', condition: 'not_declared' },
      { from: 'nobody', to: null, condition: 'complete' },
      'no connection',
      ...flow.connections,
    ];
    const document = { ...good(), stages: [unreadable, ...others, others[0]], flow: { connections } };
    expect(problemsOf(document).map(({ path }) => path)).toEqual([
      'stages[0].name',
      'flow.connections[2]',
      `stages[${stages.length}].id`,
      'flow.connections[0].to',
      'flow.connections[1].from',
    ]);
    const nameless = { ...document, stages: [{ ...first, id: undefined }, ...others] };
    expect(problemsOf(nameless).map(({ path }) => path)).toEqual(['stages[0].id', 'flow.connections[2]']);
  });

  test('is judged without a look at what lies deep within', () => {
    const looks: string[] = [];
    const within = new Proxy(
      {},
      {
        get: (_, name) => void looks.push(String(name)),
        ownKeys: () => {
          looks.push('its keys');
          return [];
        },
      },
    );
    expect(problemsOf([within])).toHaveLength(1);
    expect(loadPipeline({ ...good(), metadata: { within } }).ok).toBe(true);
    expect(looks).toEqual([]);
  });

  test('may be deep without end', () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
    expect(problemsOf(deep)).toHaveLength(1);
    expect(loadPipeline({ ...good(), metadata: { deep } }).ok).toBe(true);
  });
});

describe('a pipeline whose graph is wrong', () => {
  const broken = {
    ...good(),
    stages: [
      ...good().stages,
      {
        id: 'start',
        name: 'again',
        agent: 'bitcoin_daemon_manager',
        decisions: [{ choice: 'daemon_started' }],
      },
      { id: 'ghost', name: 'ghost', agent: 'ghost_hunter', decisions: [{ choice: 'found' }] },
      {
        id: 'odd',
        name: 'odd',
        agent: 'wallet_manager',
        action: 'fly',
        decisions: [{ choice: 'wallet_funded' }],
      },
      { id: 'mute', name: 'mute', agent: 'wallet_manager', decisions: [{ choice: 'flown' }] },
      {
        id: 'gloomy',
        name: 'gloomy',
        agent: 'daemon_pool_connector',
        decisions: [{ choice: 'connection_failed' }],
      },
      { id: 'foreign', name: 'foreign', agent: 'daemon_pool_connector', decisions: [{ choice: 'fine' }] },
      {
        id: 'twice',
        name: 'twice',
        agent: 'daemon_pool_connector',
        decisions: [{ choice: 'connection_verified' }, { choice: 'connection_verified' }],
      },
    ],
    flow: {
      connections: [
        { from: 'start', to: 'nowhere', condition: 'daemon_started' },
        { from: 'start', to: 'verify', condition: 'daemon_started' },
        { from: 'nobody', to: 'verify', condition: 'daemon_started' },
        { from: 'verify', to: null, condition: 'daemon_started' },
        { from: 'verify', to: 'start', condition: 'connection_verified', ends: 'failed' },
      ],
    },
  };

  test('tells every problem at once, each with its place', () => {
    expect(problemsOf(broken)).toEqual([
      { path: 'stages[2].id', message: '"start" is already the id of stages[0]' },
      { path: 'stages[3].agent', message: 'no agent is called "ghost_hunter"' },
      {
        path: 'stages[4].action',
        message: 'wallet_manager has no such action; it can fund_wallet, verify_reward',
      },
      {
        path: 'stages[5].decisions',
        message: 'wallet_manager has no such action; it can fund_wallet, verify_reward',
      },
      {
        path: 'stages[6].decisions',
        message: 'none of them is one that verify_connection gives when it succeeds',
      },
      {
        path: 'stages[7].decisions',
        message: 'none of them is one that verify_connection gives when it succeeds',
      },
      { path: 'stages[8].decisions[1].choice', message: '"connection_verified" is declared twice' },
      { path: 'flow.connections[0].to', message: 'no stage is called "nowhere"' },
      { path: 'flow.connections[1]', message: '"start" routes "daemon_started" twice' },
      { path: 'flow.connections[2].from', message: 'no stage is called "nobody"' },
      { path: 'flow.connections[3].condition', message: 'stage "verify" does not declare "daemon_started"' },
      { path: 'flow.connections[4].ends', message: 'only a connection to null ends the run' },
    ]);
  });

  test('a stage of a name that JavaScript knows is still a name like any other', () => {
    const document = sketch({ constructor: start, valueOf: verify }, [
      'constructor -daemon_started-> valueOf',
      'valueOf -connection_verified-> end',
    ]);
    expect(problemsOf(document)).toEqual([]);
    const stages = [{ ...good().stages[0], agent: 'constructor' }];
    expect(problemsOf({ ...good(), stages })).toContainEqual({
      path: 'stages[0].agent',
      message: 'no agent is called "constructor"',
    });
  });
});

describe('a pipeline that is taken', () => {
  test('warns of stages that nothing leads to and of decisions that lead nowhere', () => {
    const document = sketch({ start, verify }, ['start -daemon_started-> end']);
    expect(loadPipeline(document)).toMatchObject({
      ok: true,
      warnings: [
        { path: 'stages[1]', message: 'no connection leads to "verify"' },
        { path: 'stages[0].decisions[1]', message: '"daemon_failed" leads nowhere: it fails the stage' },
        { path: 'stages[1].decisions[0]' },
        { path: 'stages[1].decisions[1]' },
      ],
    });
  });

  test('keeps the fields that we do not know, and no prototype', () => {
    const text = JSON.stringify({ ...good(), maintainer: 'rig team', metadata: { estimatedTime: '5 min' } });
    const result = loadPipeline(JSON.parse(text.replace('{', '{"__proto__":{"polluted":true},')));
    expect(result).toMatchObject({
      ok: true,
      pipeline: { maintainer: 'rig team', metadata: { estimatedTime: '5 min' } },
    });
    const { pipeline } = result as Extract<typeof result, { ok: true }>;
    expect(Object.getPrototypeOf(pipeline)).toBe(Object.prototype);
    expect('polluted' in pipeline).toBe(false);
  });

  test('needs no prose', () => {
    const { id, name, stages, flow } = good();
    expect(loadPipeline({ id, name, stages, flow })).toMatchObject({
      ok: true,
      pipeline: { description: '', version: '0', category: '', metadata: {} },
    });
  });
});
