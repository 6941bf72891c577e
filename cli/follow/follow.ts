import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Client } from '../client/client.ts';
import { type FinishedRunView, isFinished, type RunView } from '../client/run-view.ts';
import { changes, waitNews } from './changes.ts';
import { type Announced, countdown } from './countdown.ts';
import { formatLine } from './line.ts';

const COUNTDOWN_INTERVAL_MS = 200;
const UNCHANGED_PAUSE_MS = 100;

/** Where the news of a run goes. */
export interface Reader {
  /** A new state of the run; also the first. */
  onRun(before: RunView | null, answer: Answer<RunView>): void;
  /** Something in between: a wait that gets shorter, an API that is away. */
  onRemark(text: string): void;
}

/** Plain lines on stdout. */
export function lineReader(print: (line: string) => void = console.log): Reader {
  const onRemark = (text: string) => print(formatLine({ at: new Date().toISOString(), text }));
  return {
    onRun(before, { view }) {
      for (const line of changes(before, view)) print(line);
      const wait = waitNews(before, view);
      if (wait !== null) onRemark(wait);
    },
    onRemark,
  };
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
  const ticker = startCountdown(() => current.view, reader);
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
  }
}

function startCountdown(run: () => RunView, reader: Reader): NodeJS.Timeout {
  let announced: Announced | null = null;
  return setInterval(() => {
    const said = countdown(run(), announced, Date.now());
    announced = said.announced;
    if (said.text !== null) reader.onRemark(said.text);
  }, COUNTDOWN_INTERVAL_MS);
}
