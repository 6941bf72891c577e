import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HOMES, IMPURE, PROC, PROC_HOMES, PURE_LIBRARIES, ROOMS, WORKER_FLOORS } from './rules.ts';
import { type Import, liesIn, readSource, type SourceFile, sourceFiles } from './tree.ts';

const files = sourceFiles();

type Verdict = (file: SourceFile, imported: Import) => boolean;

/** Every import that the verdict finds wrong, as a sentence. */
function wrong(sources: SourceFile[], isWrong: Verdict): string[] {
  return sources.flatMap((file) =>
    file.imports
      .filter((imported) => isWrong(file, imported))
      .map(({ target }) => `${file.path} imports ${target}`),
  );
}

const roomOf = (path: string) => (path.includes('/') ? (path.split('/')[0] ?? '') : '');

const leavesItsRooms: Verdict = ({ path }, { kind, target }) =>
  kind === 'own' && roomOf(target) !== roomOf(path) && ROOMS[roomOf(path)]?.includes(roomOf(target)) !== true;

const leavesItsHome: Verdict = ({ path }, { kind, target }) =>
  kind === 'library' && HOMES[target]?.some((home) => liesIn(path, home)) !== true;

function floorOf(path: string): number {
  return WORKER_FLOORS.findIndex((places) => places.some((place) => liesIn(path, `worker/${place}`)));
}

const climbs: Verdict = ({ path }, { kind, target }) =>
  kind === 'own' && liesIn(path, 'worker') && liesIn(target, 'worker') && floorOf(target) < floorOf(path);

describe('the house', () => {
  test('was read', () => {
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['core/run.ts', 'db/schema.ts', 'worker/host/spawn.ts']),
    );
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(300);
  });

  test('has no rooms but those of the rules', () => {
    const rooms = new Set(files.map(({ path }) => roomOf(path)).filter((room) => room !== ''));
    expect([...rooms].filter((room) => ROOMS[room] === undefined)).toEqual([]);
  });

  test('is entered in one direction', () => {
    expect(
      wrong(
        files.filter(({ path }) => roomOf(path) !== ''),
        leavesItsRooms,
      ),
    ).toEqual([]);
  });

  test('gives each outside library one home', () => {
    expect(wrong(files, leavesItsHome)).toEqual([]);
  });

  test('reads /proc in its homes only', () => {
    const reads = files.filter(({ text }) => PROC.test(text)).map(({ path }) => path);
    expect(reads.filter((path) => !PROC_HOMES.some((home) => liesIn(path, home)))).toEqual([]);
    expect(reads).not.toEqual([]);
  });

  test('keeps the migrations out of the code', () => {
    expect(
      readdirSync(new URL('../../db/migrations', import.meta.url)).filter((file) => file.endsWith('.ts')),
    ).toEqual([]);
  });
});

describe('core', () => {
  const core = files.filter(({ path }) => roomOf(path) === 'core');

  test('imports itself and libraries that are pure, and nothing of Node', () => {
    expect(
      wrong(
        core,
        (_, { kind, target }) => kind === 'builtin' || (kind === 'library' && !PURE_LIBRARIES.has(target)),
      ),
    ).toEqual([]);
  });

  test('has no clock, no chance, no environment, no voice', () => {
    const touches = core.flatMap(({ path, text }) =>
      IMPURE.flatMap((pattern) => text.match(pattern)?.[0] ?? []).map((what) => `${path}: ${what}`),
    );
    expect(touches).toEqual([]);
  });
});

describe('the worker', () => {
  const worker = files.filter(({ path }) => roomOf(path) === 'worker');

  test('has every file on a floor', () => {
    expect(worker.map(({ path }) => path).filter((path) => floorOf(path) === -1)).toEqual([]);
  });

  test('never imports from a higher floor', () => {
    expect(wrong(worker, climbs)).toEqual([]);
  });
});

describe('these rules find', () => {
  const source = (path: string, ...lines: string[]) => [readSource(path, lines.join('\n'))];

  test.each([
    ['the api in the worker', source('worker/main.ts', "import { app } from '../api/app.ts';")],
    ['the queue in the database', source('db/runs.ts', "export type { Job } from '../queue/port.ts';")],
    [
      'a type of the worker in core',
      source('core/run.ts', 'import type {', '  Engine,', "} from '../worker/engine.ts';"),
    ],
    [
      'the database behind an await',
      source('lab/pool/pool.ts', "const db = await import('../../db/connection.ts');"),
    ],
  ])('%s', (_, sources) => {
    expect(wrong(sources, leavesItsRooms)).toHaveLength(1);
  });

  test.each([
    ['bullmq in the api', source('api/app.ts', "import { Queue } from 'bullmq';")],
    ['execa in an agent', source('worker/agents/agent.ts', "import { execa } from 'execa';")],
    [
      'drizzle below its name',
      source('worker/main.ts', "import { drizzle } from 'drizzle-orm/postgres-js';"),
    ],
    ['a library that has no home', source('worker/main.ts', "import 'left-pad';")],
    ['a scoped library', source('cli/main.ts', "import { serve } from '@hono/node-server';")],
    ['an old way of asking', source('api/app.ts', "const pg = require('pg');")],
  ])('%s', (_, sources) => {
    expect(wrong(sources, leavesItsHome)).toHaveLength(1);
  });

  test('a host that knows its agents', () => {
    const sources = source('worker/host/rpc.ts', "import { EXECUTORS } from '../agents/index.ts';");
    expect(wrong(sources, climbs)).toEqual(['worker/host/rpc.ts imports worker/agents/index.ts']);
  });
});
