import { messageOf } from '../../core/errors.ts';
import { type LoggedEvent, recentStart, runEventsAfter, settledEventsAfter } from '../../db/event-log.ts';
import type { ApiContext, ApiParts } from '../context.ts';
import { allEventBlocks, type EventSource, runEventBlocks } from '../events/blocks.ts';
import { eventStream, STREAM_TIMES } from '../events/event-stream.ts';
import { RunChanges } from '../events/run-changes.ts';
import { StreamSlots } from '../events/stream-slots.ts';
import { callerOf } from '../guards/auth.ts';
import { answerWithETag } from '../http/etag.ts';
import { pageOf } from '../http/page-of.ts';
import type { RouteHandler } from '../http/route.ts';
import { unknown } from '../http/unknown.ts';

const SLOTS_MAX = { perKey: 50, inAll: 200 };

type Source = AsyncGenerator<string, void, void>;

/** What happened: as a stream that goes on as things happen, or as a page for who asks for JSON. */
export function eventRoutes({ database, eventStreams, log }: ApiParts) {
  const changes = new RunChanges(database, log);
  const slots = new StreamSlots({ ...SLOTS_MAX, ...eventStreams });
  const times = { ...STREAM_TIMES, ...eventStreams };

  const ofRun: RouteHandler<'GET /v1/runs/:id/events'> = async (c) => {
    const { id } = c.req.valid('param');
    const { after = 0, limit } = c.req.valid('query');
    const known = await runEventsAfter(c.get('database'), { runId: id, after, limit: limit + 1 });
    if (known === null) throw unknown('unknown-run');
    c.header('Vary', 'Accept');
    if (wantsPage(c)) return answerWithETag(c, eventPage(known.events, limit));
    const follow = () => changes.follow(id);
    const position = c.req.valid('header')['Last-Event-ID'] ?? after;
    return stream(c, (parts) => runEventBlocks({ ...parts, follow }, { runId: id, after: position }));
  };

  const ofAll: RouteHandler<'GET /v1/events'> = async (c) => {
    const { after, limit, environment } = c.req.valid('query');
    const wanted = { after: after ?? 0, limit: limit + 1, environment };
    c.header('Vary', 'Accept');
    if (wantsPage(c))
      return answerWithETag(
        c,
        eventPage((await settledEventsAfter(c.get('database'), wanted)).events, limit),
      );
    const follow = () => changes.followAll();
    const position =
      c.req.valid('header')['Last-Event-ID'] ?? after ?? (await recentStart(c.get('database')));
    return stream(c, (parts) => allEventBlocks({ ...parts, follow }, { after: position, environment }));
  };

  const stream = (c: ApiContext, open: (parts: Omit<EventSource, 'follow'>) => Source) => {
    const headers = {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    };
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    const release = slots.acquire(callerOf(c).keyId);
    const stop = new AbortController();
    const signal = c.env.closing ? AbortSignal.any([stop.signal, c.env.closing]) : stop.signal;
    const body = eventStream(open({ database, signal }), {
      times,
      stop,
      cutOff: () => c.env.outgoing?.destroy(),
      ended(error) {
        release();
        if (error !== undefined)
          log('error', 'an event stream failed', { path: c.req.path, reason: messageOf(error) });
      },
    });
    return c.body(body, 200, headers);
  };

  return { 'GET /v1/runs/:id/events': ofRun, 'GET /v1/events': ofAll };
}

/** A stream, unless JSON is named and streams are not. */
function wantsPage(c: ApiContext): boolean {
  const accept = c.req.header('accept') ?? '';
  return /application\/json/i.test(accept) && !/text\/event-stream/i.test(accept);
}

function eventPage(found: readonly LoggedEvent[], limit: number) {
  const { items, next } = pageOf(found, limit, ({ seq }) => seq);
  return { items, nextAfter: next };
}
