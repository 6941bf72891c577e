import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Client } from '../client/client.ts';
import { type FinishedRunView, isFinished, type RunView } from '../client/run-view.ts';

const TICK_MS = 100;
const UNCHANGED_PAUSE_MS = 100;

/** Where the news of a run goes. */
export interface Reader {
  /** A new state of the run; also the first. */
  onRun(before: RunView | null, answer: Answer<RunView>): void;
  /** Something in between, such as an API that is away. */
  onRemark(text: string): void;
  /** Ten times a second, with the run as it was seen last: something may move with the time. */
  onTick?(run: RunView): void;
  /** There is nothing more to tell. */
  close?(): void;
}

/** Each state of the run as one line of JSON. */
export function jsonReader(print: (line: string) => void = console.log): Reader {
  return {
    onRun: (_before, { document }) => print(JSON.stringify(document)),
    onRemark: () => {},
  };
}

/**
 * Tells a reader of a run until it has ended.
 * @throws UsageError where the API cannot be asked, or is away for longer than a minute.
 */
export async function follow(client: Client, id: string, reader: Reader): Promise<FinishedRunView> {
  let current = await client.readRun(id);
  reader.onRun(null, current);
  const ticker = setInterval(() => reader.onTick?.(current.view), TICK_MS);
  try {
    while (!isFinished(current.view)) {
      const next = await client.nextRun(id, current.etag ?? '', (reason) =>
        reader.onRemark(`waiting: ${reason}`),
      );
      if (next === null || next.etag === current.etag) {
        // An API that is about to end answers a long poll at once.
        await sleep(UNCHANGED_PAUSE_MS);
        continue;
      }
      reader.onRun(current.view, next);
      current = next;
    }
    return current.view;
  } finally {
    clearInterval(ticker);
    reader.close?.();
  }
}
