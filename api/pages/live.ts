import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ENVIRONMENTS_CHANNEL, RUNS_CHANNEL } from '../../db/channels.ts';
import type { ApiHandler, ApiParts } from '../context.ts';
import { encodeMessage, eventStream, STREAM_TIMES } from '../events/event-stream.ts';
import { type Follower, RunChanges } from '../events/run-changes.ts';
import { StreamSlots } from '../events/stream-slots.ts';
import { callerOf } from '../guards/auth.ts';
import { pageQuery } from './query.ts';

const SLOTS_MAX = { perKey: 50, inAll: 200 };

/** News of this long ago are told together: what is to be seen changes in bursts. */
const GATHER_MS = { run: 150, all: 500 };
/** Pages look again after this time without news, which may have been missed. */
const LOOK_AGAIN_MS = 5_000;

const liveQuery = z.object({ run: z.uuid().optional() });

/**
 * Tells a page that it is time to look again: something changed in its run, or, without one, in any run or stack.
 * What changed is not told: the page is fetched anew.
 */
export function liveRoutes({ database, eventStreams, log }: ApiParts) {
  const changes = new RunChanges(database, log, [RUNS_CHANNEL, ENVIRONMENTS_CHANNEL]);
  const slots = new StreamSlots({ ...SLOTS_MAX, ...eventStreams });

  const live: ApiHandler = (c) => {
    const { run } = pageQuery(c, liveQuery);
    const headers = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' };
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const release = slots.acquire(callerOf(c).keyId);
    const stop = new AbortController();
    const signal = c.env.closing ? AbortSignal.any([stop.signal, c.env.closing]) : stop.signal;
    const follower = run === undefined ? changes.followAll() : changes.follow(run);
    const gatherMs = run === undefined ? GATHER_MS.all : GATHER_MS.run;
    const body = eventStream(calls(follower, { gatherMs, signal }), {
      times: { ...STREAM_TIMES, ...eventStreams },
      stop,
      cutOff: () => c.env.outgoing?.destroy(),
      ended() {
        follower.close();
        release();
      },
    });
    return c.body(body, 200, headers);
  };

  return { 'GET /live': live };
}

/** The first at once: whoever comes back may have missed something. */
async function* calls(
  follower: Follower,
  { gatherMs, signal }: { gatherMs: number; signal: AbortSignal },
): AsyncGenerator<string, void, void> {
  while (!signal.aborted) {
    yield encodeMessage({ event: 'look', data: null });
    await follower.news(LOOK_AGAIN_MS, signal);
    await pause(gatherMs, undefined, { signal }).catch(() => {});
  }
}
