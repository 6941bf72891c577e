import { readFileSync } from 'node:fs';

/** What the running system was seen to take and to answer; `npm run examples` records it anew. */
export interface Examples {
  /** By route: the JSON that was sent. */
  requests: Record<string, unknown>;
  /** By route, then by status and media type, such as `200 application/json`. */
  answers: Record<string, Record<string, unknown>>;
  /** By code. */
  problems: Record<string, unknown>;
}

export const EXAMPLES_FILE = new URL('./examples.json', import.meta.url);

export function readExamples(): Examples {
  return JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8'));
}
