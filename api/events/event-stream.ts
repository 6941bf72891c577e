/** How long a client waits before it comes back. */
const RETRY_MS = 2_000;

export interface StreamTimes {
  /** Between two signs of life where nothing happens. */
  heartbeatMs: number;
  /** A reader that has taken nothing for this long is cut off. */
  stalledMs: number;
  /** The longest life of a stream: whoever comes back is asked for a key that is still good. */
  lifeMs: number;
}

export const STREAM_TIMES: StreamTimes = { heartbeatMs: 15_000, stalledMs: 20_000, lifeMs: 15 * 60_000 };

export interface Message {
  event: string;
  data: unknown;
  id?: number;
}

/** One message as `text/event-stream` has it. JSON has no line breaks of its own. */
export function encodeMessage({ id, event, data }: Message): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** How a stream begins: with an id alone, so that a client that hears nothing else comes back to the same place. */
export function encodeOpening(position: number): string {
  return `retry: ${RETRY_MS}\nid: ${position}\n\n`;
}

const HEARTBEAT = ': still here\n\n';

export interface StreamLife {
  times: StreamTimes;
  /** Tells the source to come to an end. */
  stop: AbortController;
  /** Ends the connection of a reader that takes nothing. */
  cutOff: () => void;
  /** Called once, however the stream ended: with what the source failed of, if it did. */
  ended: (error?: unknown) => void;
}

/** The body of an answer from what the source tells, no faster than it is read. */
export function eventStream(
  source: AsyncGenerator<string, void, void>,
  { times, stop, cutOff, ended }: StreamLife,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let awaited: Promise<IteratorResult<string, void>> | null = null;
  let stalled: NodeJS.Timeout | undefined;
  const life = setTimeout(() => stop.abort(), times.lifeMs);
  let isOver = false;
  const end = (error?: unknown) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(life);
    clearTimeout(stalled);
    stop.abort();
    source.return().catch(() => {});
    ended(error);
  };
  const awaitReader = () => {
    stalled = setTimeout(() => {
      end();
      cutOff();
    }, times.stalledMs);
  };
  const nextBlock = async (): Promise<string | null> => {
    awaited ??= source.next();
    const next = await within(awaited, times.heartbeatMs);
    if (next === null) return HEARTBEAT;
    awaited = null;
    return next.done ? null : next.value;
  };
  return new ReadableStream<Uint8Array>(
    {
      start: awaitReader,
      async pull(controller) {
        clearTimeout(stalled);
        const block = await nextBlock().catch((error: unknown) => {
          end(error);
          return null;
        });
        if (isOver && block !== null) return;
        if (block === null) {
          end();
          return controller.close();
        }
        controller.enqueue(encoder.encode(block));
        awaitReader();
      },
      cancel: () => end(),
    },
    { highWaterMark: 0 },
  );
}

/** `null` where it takes longer. */
async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, null);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
