import { isDatabaseAway } from '../../core/errors.ts';
import type { Database } from '../../db/connection.ts';
import {
  type LoggedEvent,
  type RunEvents,
  runEventsAfter,
  type SettledEvents,
  settledEventsAfter,
} from '../../db/event-log.ts';
import { withBudget } from '../guards/budget.ts';
import { encodeMessage, encodeOpening } from './event-stream.ts';
import type { Follower } from './run-changes.ts';

/** For news that nobody was told of. */
const REREAD_MS = 2_000;
const BATCH = 100;

export interface EventSource {
  database: Database;
  /** Called once the stream is read. */
  follow(): Follower;
  signal: AbortSignal;
}

type Blocks = AsyncGenerator<string, void, void>;

/** The events of a run behind `after`, as they happen, up to the end of the run. */
export async function* runEventBlocks(
  { database, follow, signal }: EventSource,
  { runId, after }: { runId: string; after: number },
): Blocks {
  const follower = follow();
  try {
    yield encodeOpening(after);
    let position = after;
    while (!signal.aborted) {
      const read = await unlessAway(
        runEventsAfter(withBudget(database), { runId, after: position, limit: BATCH }),
      );
      const events = read?.events ?? [];
      if (events.length > 0) yield encodeEvents(events);
      position = events.at(-1)?.seq ?? position;
      if (events.length === BATCH) continue;
      if (read?.finished) return yield encodeEnd(runId, read);
      await follower.news(REREAD_MS, signal);
    }
  } finally {
    follower.close();
  }
}

/** The events of all runs behind `after`, or of those of one environment, as they happen: without end. */
export async function* allEventBlocks(
  { database, follow, signal }: EventSource,
  { after, environment }: { after: number; environment?: string | undefined },
): Blocks {
  const follower = follow();
  try {
    yield encodeOpening(after);
    let position = after;
    while (!signal.aborted) {
      const wanted = { after: position, limit: BATCH, environment };
      const read: SettledEvents | null = await unlessAway(settledEventsAfter(withBudget(database), wanted));
      if (read && read.events.length > 0) yield encodeEvents(read.events);
      position = read?.after ?? position;
      if (read?.events.length === BATCH) continue;
      await follower.news(REREAD_MS, signal);
    }
  } finally {
    follower.close();
  }
}

function encodeEvents(events: readonly LoggedEvent[]): string {
  return events.map((event) => encodeMessage({ id: event.seq, event: event.type, data: event })).join('');
}

/** Without an id: a run that is resumed goes on behind its last event. */
function encodeEnd(runId: string, { status, outcome }: RunEvents): string {
  return encodeMessage({ event: 'end', data: { runId, status, outcome } });
}

/** `null` while Postgres is away: a stream outlasts that. */
async function unlessAway<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isDatabaseAway(error)) return null;
    throw error;
  }
}
