import { parseJson } from '../../api/http/json.ts';
import { loadPipeline } from '../../core/pipeline.ts';

/** Bodies of 64 KiB that are to be refused, beside what `JSON.parse` alone takes for a flat one of that size. */
const SIZE = 64 * 1024;
const ROUNDS = 51;

const half = SIZE / 2;
const BODIES = {
  arrays: '['.repeat(half) + ']'.repeat(half),
  'arrays without an end': '['.repeat(SIZE),
  objects: `${'{"a":'.repeat(SIZE / 6)}1${'}'.repeat(SIZE / 6)}`,
  'a string without an end': `"${'\\"'.repeat(half)}`,
  'a flat list': `[${'1,'.repeat(half - 1)}1]`,
};

const flat = BODIES['a flat list'];
const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000));
const WORK: Record<string, () => unknown> = {
  ...Object.fromEntries(Object.entries(BODIES).map(([name, body]) => [name, () => parseJson(body)])),
  'a pipeline that is one deep list': () => loadPipeline(deep),
};

/** In turns, so that what else the machine does falls on all of them. */
const times = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  note('floor', () => JSON.parse(flat));
  for (const [name, work] of Object.entries(WORK)) note(name, work);
}
const floorMs = median('floor');
console.log(row('JSON.parse of a flat list', floorMs));
for (const name of Object.keys(WORK)) console.log(row(name, median(name)));

function note(name: string, work: () => unknown): void {
  const startedAt = performance.now();
  work();
  times.set(name, [...(times.get(name) ?? []), performance.now() - startedAt]);
}

function median(name: string): number {
  const sorted = (times.get(name) ?? []).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function row(name: string, ms: number): string {
  return `${name.padEnd(36)}${ms.toFixed(2).padStart(8)} ms   x ${(ms / floorMs).toFixed(1)}`;
}
