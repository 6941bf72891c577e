import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { readStat } from '../../worker/host/proc.ts';
import { type Davylamp, startDavylamp } from '../support/davylamp.ts';

/** One command that says who it is and does not end by itself, with a child that does not either. */
const ENDLESS = {
  id: 'endless',
  name: 'Endless',
  stages: [
    {
      id: 'wait',
      name: 'Wait',
      agent: 'command_runner',
      decisions: [{ choice: 'waited' }],
      command: {
        argv: ['sh', '-c', 'sleep 600 & echo $$ $! >pids; wait'],
        decisions: [{ exitCode: 0, choice: 'waited' }],
      },
    },
  ],
  flow: { connections: [{ from: 'wait', to: null, condition: 'waited' }] },
};

async function pipelineFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-endless-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'endless.json');
  await writeFile(file, JSON.stringify(ENDLESS));
  return file;
}

async function commandOf({ labDirectory }: Davylamp): Promise<number[]> {
  const file = join(labDirectory, 'pids');
  const pids = () => (existsSync(file) ? readFileSync(file, 'utf8').trim().split(' ').map(Number) : []);
  const both = async () => (pids().length === 2 ? pids() : null);
  return await waitUntil(both, { timeoutMs: 15_000, intervalMs: 20, what: 'the command runs' });
}

const alive = (pid: number) => !['Z', 'X', undefined].includes(readStat(pid)?.state);

async function cancel({ fetch }: Davylamp, id: string): Promise<number> {
  return (await fetch(`/v1/runs/${id}/cancel`, { method: 'POST' })).status;
}

test('a cancelled run ends with its command, at once, also where a worker died over it', async () => {
  const davylamp = await startDavylamp({ pipelines: [await pipelineFile()] });

  const first = await davylamp.post('endless');
  const group = await commandOf(davylamp);
  const behind = await davylamp.post('endless');
  expect(await cancel(davylamp, behind.id)).toBe(202);
  expect(await davylamp.read(behind.id)).toMatchObject({ status: 'cancelled' });
  expect(group.every(alive)).toBe(true);

  expect(await cancel(davylamp, first.id)).toBe(202);
  expect(await davylamp.untilFinished(first.id, 10_000)).toMatchObject({
    status: 'cancelled',
    leftRunning: [],
    stages: [{ id: 'wait', status: 'cancelled', attempts: 1 }],
  });
  expect(group.filter(alive)).toEqual([]);
  expect(await cancel(davylamp, first.id)).toBe(409);

  await rm(join(davylamp.labDirectory, 'pids'));
  const second = await davylamp.post('endless');
  const orphaned = await commandOf(davylamp);
  process.kill(await davylamp.pidOf('worker'), 'SIGKILL');
  expect(await cancel(davylamp, second.id)).toBe(202);
  expect(await davylamp.untilFinished(second.id, 20_000)).toMatchObject({ status: 'cancelled' });
  expect(orphaned.filter(alive)).toEqual([]);
}, 120_000);

test('a worker that is told to stop leaves the command to the next one, which waits for its end', async () => {
  const davylamp = await startDavylamp({ pipelines: [await pipelineFile()] });
  const { id } = await davylamp.post('endless');
  const [shell = 0, child = 0] = await commandOf(davylamp);
  const worker = await davylamp.pidOf('worker');
  process.kill(worker, 'SIGTERM');
  await waitUntil(async () => !alive(worker), { timeoutMs: 20_000, intervalMs: 50, what: 'the worker ends' });
  expect([shell, child].every(alive)).toBe(true);
  process.kill(child, 'SIGTERM');
  expect(await davylamp.untilFinished(id, 20_000)).toMatchObject({
    status: 'succeeded',
    stages: [{ id: 'wait', status: 'succeeded', attempts: 1 }],
  });
}, 120_000);
