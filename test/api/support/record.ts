import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { EXAMPLES_FILE, type Examples, readExamples } from '../../../api/contract/examples.ts';

/** Whether `npm run examples` runs these tests: what is seen becomes the examples of the API's document. */
export const RECORDS = process.env.DAVY_RECORD_EXAMPLES === '1';

const ITEMS_MAX = 4;
const CHARS_MAX = 400;
const FIRST = Date.parse('2026-01-02T03:04:05.000Z');

/** Adds to the examples, in place of what was there before. */
export function record(seen: Partial<Examples>): void {
  const known = readExamples();
  const { requests = {}, answers = {}, problems = {} } = tidy(seen);
  const examples: Examples = {
    requests: { ...known.requests, ...requests },
    answers: { ...known.answers, ...answers },
    problems: { ...known.problems, ...problems },
  };
  if (readFileSync(EXAMPLES_FILE, 'utf8') !== JSON.stringify(examples))
    writeFileSync(EXAMPLES_FILE, `${JSON.stringify(examples, null, 2)}\n`);
}

/** Without what is of one machine and one day: ids, times, folders, keys; and without what is too long to read. */
function tidy<T>(seen: T): T {
  const text = JSON.stringify(shortened(seen))
    .replace(/davy_[0-9a-f]{16}_[0-9a-f]{64}/g, `davy_${'0'.repeat(16)}_${'0'.repeat(64)}`)
    .replace(/whsec_[A-Za-z0-9+/=]+/g, `whsec_${Buffer.alloc(32).toString('base64')}`)
    .replace(/(?<=")[0-9a-f]{16}(?=")/g, '0'.repeat(16));
  return JSON.parse(calmTimes(calmIds(calmPlaces(text))));
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.length > CHARS_MAX ? `${value.slice(0, CHARS_MAX)}...` : value;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]));
}

function calmPlaces(text: string): string {
  return text
    .replaceAll(process.execPath, '/usr/bin/node')
    .replaceAll(process.cwd(), '/opt/davylamp')
    .replaceAll(release(), '6.1.0-44-amd64')
    .replace(/\/tmp\/davy-e2e-\w+\/lab/g, '/srv/rig')
    .replace(/\/tmp\/davy-e2e-\w+/g, '/var/lib/davylamp')
    .replace(/\/tmp\/davylamp-api-\w+/g, '/srv')
    .replace(/\/tmp\/[\w./-]*/g, '/srv/elsewhere')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://hooks.example.com');
}

function calmIds(text: string): string {
  const known = new Map<string, string>();
  return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
    const number = known.get(id) ?? `${known.size + 1}`.padStart(12, '0');
    known.set(id, number);
    return `019b7c2e-5f00-7000-8000-${number}`;
  });
}

/** Times keep their distances. */
function calmTimes(text: string): string {
  const time = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
  const earliest = Math.min(...(text.match(time) ?? []).map((at) => Date.parse(at)));
  return text.replace(time, (at) => new Date(FIRST + Date.parse(at) - earliest).toISOString());
}
