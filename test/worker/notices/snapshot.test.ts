import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { assembleReport, type IncidentFacts } from '../../../core/report.ts';
import { reportMarkdown } from '../../../core/report-markdown.ts';
import { takeSnapshot } from '../../../worker/notices/snapshot.ts';
import { daemon, testStack } from '../components/support/stack.ts';

const FACTS: IncidentFacts = {
  id: 'i-1',
  environment: 'kinds',
  host: 'rig-1',
  runId: 'r-1',
  pipeline: 'p',
  component: 'pool',
  failure: 'process_down',
  status: 'escalated',
  raised: { code: 'connection_failed', message: 'pool: process_down' },
  evidence: [],
  escalation: { reason: 'attempts_exhausted', detail: '4 attempts did not help' },
  occurredAt: '2026-01-01T00:00:00.000Z',
  detectedAt: '2026-01-01T00:00:00.010Z',
  endedAt: '2026-01-01T00:02:00.000Z',
  ruledOut: [{ component: 'pool', failure: 'stratum_port_conflict', fact: 'nobody else holds port 3333' }],
  stages: [],
  recoveries: [],
};

test('holds the last lines of every log and the facts of the host, and no secrets', async () => {
  const login = { username: 'probe', password: 'pool-secret' };
  const { stack, write } = await testStack({
    pool: {
      kind: 'process',
      command: ['true'],
      logFiles: ['pool.log'],
      env: { POOL_TOKEN: 'from-env' },
      login,
    },
  });
  const numbered = Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n');
  await write(
    'pool.log',
    `${numbered}\nlogin ${daemon.password} pool-secret from-env\n"rpcpassword": "other-one", x\n\`\`\`\`\n\u001b[31mred\r\n`,
  );
  await write('daemon/regtest/debug.log', 'Error: the daemon said this\n');
  await write('state/pool.out', 'the pool said that\n');
  const snapshot = await takeSnapshot(stack, 'pool');
  expect(snapshot.problems).toEqual([]);
  expect(snapshot.logs.map(({ component, lines }) => [component, lines.at(-1)])).toEqual([
    ['pool', 'the pool said that'],
    ['pool', '\\u001b[31mred'],
    ['daemon', undefined],
    ['daemon', 'Error: the daemon said this'],
  ]);
  const pool = snapshot.logs[1]?.lines ?? [];
  expect(pool).toHaveLength(200);
  expect(pool.at(-4)).toBe('login [redacted] [redacted] [redacted]');
  expect(pool.at(-3)).toContain('"rpcpassword": "[redacted]"');
  expect(snapshot.system).toMatchObject({
    processors: expect.any(Number),
    memory: { totalBytes: expect.any(Number) },
    disks: [{ path: stack.directory, freeBytes: expect.any(Number) }, { path: stack.stateDirectory }],
    descriptors: [{ process: 'the worker', pid: process.pid }],
    versions: { Node: process.version },
  });
  expect(snapshot.system.ports?.map(({ component }) => component)).toEqual([
    'daemon',
    'daemon',
    'pool',
    'pool',
    'pool',
  ]);

  const markdown = reportMarkdown(assembleReport(FACTS, snapshot));
  expect(markdown).toContain('`````text\n');
  expect(markdown).toContain('Read the last lines of its log');
  expect(markdown).toContain('## What was ruled out\n\n- ');
  expect(markdown).toContain(' No: nobody else holds port 3333.');
  for (const secret of [daemon.password, 'pool-secret', 'from-env', 'other-one'])
    expect(markdown).not.toContain(secret);
});

test('never waits longer than it may, and says what is missing', async () => {
  const { stack, write, at } = await testStack({
    pool: { kind: 'process', command: ['true'], logFiles: ['folder', 'fifo', 'pool.log'] },
  });
  await write('folder/file', '');
  await write('pool.log', 'there\n');
  execFileSync('mkfifo', [at('fifo')]);
  const snapshot = await takeSnapshot(stack, null);
  expect(snapshot.problems.map((problem) => problem.split('/').at(-1)).sort()).toEqual([
    expect.stringContaining('fifo'),
    expect.stringContaining('folder'),
  ]);
  expect(snapshot.logs.at(-1)?.lines).toEqual(['there']);
  const none = await takeSnapshot(stack, null, 0);
  expect(none.problems.join(' ')).toContain('not known within 0 ms');
});
