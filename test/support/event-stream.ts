import { onTestFinished } from 'vitest';

export interface ReceivedEvent {
  id: string;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  data: any;
}

export interface ReadOptions {
  key: string;
  lastEventId?: string;
  headers?: Record<string, string>;
}

/** What a client heard of a stream so far, as a browser would understand it. */
export class EventReader {
  readonly events: ReceivedEvent[] = [];
  lastEventId = '';
  retryMs: number | null = null;
  comments = 0;
  /** How it ended: the server's clean end, or the connection's. */
  readonly ended: Promise<'ended' | 'broken'>;
  private readonly hangUp: AbortController;

  private constructor(body: AsyncIterable<Uint8Array>, hangUp: AbortController) {
    this.hangUp = hangUp;
    this.ended = this.read(body).then(
      () => 'ended',
      () => 'broken',
    );
  }

  static async open(url: string, { key, lastEventId, headers }: ReadOptions): Promise<EventReader> {
    const hangUp = new AbortController();
    onTestFinished(() => hangUp.abort());
    const response = await fetch(url, {
      signal: hangUp.signal,
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
        ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
        ...headers,
      },
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`${response.status}: ${await response.text()}`);
    return new EventReader(response.body as unknown as AsyncIterable<Uint8Array>, hangUp);
  }

  close(): void {
    this.hangUp.abort();
  }

  /** Without the one that says that there are no more. */
  get told(): ReceivedEvent[] {
    return this.events.filter(({ event }) => event !== 'end');
  }

  private async read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const part of body) {
      const blocks = (rest + decoder.decode(part, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? [];
      if (name === '') this.comments++;
      else fields.set(name, value);
    }
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    if (fields.has('retry')) this.retryMs = Number(fields.get('retry'));
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({
      id: this.lastEventId,
      event: fields.get('event') ?? 'message',
      data: JSON.parse(data),
    });
  }
}
