import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { withDeadline } from './deadline.ts';

export interface MatchOptions {
  flags: string;
  text: string;
  /** For all patterns together. */
  timeoutMs?: number;
}

const MATCH_TIMEOUT_MS = 1_000;
const MEMORY_MB = 64;
/** Plain JavaScript, so that the thread starts without the loader that we run under. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { patterns, flags, text } = workerData;
  parentPort.postMessage(patterns.findIndex((pattern) => new RegExp(pattern, flags).test(text)));
`;

/**
 * The index of the first pattern found in the text, or -1. Patterns come from people, and a careless one can
 * backtrack for years: they are matched in a thread of their own, which is ended when time is up, while ours
 * goes on with its heartbeats.
 * @throws {DeadlineError} when time is up
 * @throws {Error} when a pattern is invalid or too large
 */
export async function firstMatch(
  patterns: readonly string[],
  { flags, text, timeoutMs = MATCH_TIMEOUT_MS }: MatchOptions,
): Promise<number> {
  if (patterns.length === 0) return -1;
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { patterns, flags, text },
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  const answer = once(thread, 'message') as Promise<[number]>;
  answer.catch(() => {});
  try {
    await once(thread, 'online');
    const [index] = await withDeadline(answer, timeoutMs, 'the search for the patterns');
    return index;
  } finally {
    await thread.terminate();
  }
}
