import type { Readable } from 'node:stream';

/** The end of a stream, collected as it flows. */
export interface Tail {
  text(): string;
  /** True when the beginning was dropped. */
  truncated(): boolean;
  /** Resolves at the end of the stream, or at its failure. */
  ended: Promise<void>;
}

const MAX_LINE_CHARS = 4_096;

/** Keeps the last `maxBytes` of a stream in bounded memory, and reports finished lines on the way. */
export function keepTail(stream: Readable | null, maxBytes: number, onLine?: (line: string) => void): Tail {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let dropped = false;
  const lines = onLine ? splitLines(onLine) : null;

  function compact(): void {
    const all = Buffer.concat(chunks);
    if (all.length > maxBytes) dropped = true;
    const kept = all.length > maxBytes ? all.subarray(firstCharacter(all, all.length - maxBytes)) : all;
    chunks = [kept];
    bytes = kept.length;
  }

  stream?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    lines?.add(chunk);
    if (bytes > maxBytes * 2) compact();
  });
  return {
    text() {
      compact();
      return Buffer.concat(chunks).toString('utf8');
    },
    truncated() {
      compact();
      return dropped;
    },
    ended: endOf(stream).then(() => lines?.flush()),
  };
}

/** The first index at or after `from` that does not lie inside a UTF-8 character. */
export function firstCharacter(bytes: Buffer, from: number): number {
  let index = from;
  while (index < bytes.length && ((bytes[index] ?? 0) & 0xc0) === 0x80) index++;
  return index;
}

function splitLines(onLine: (line: string) => void) {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    add(chunk: Buffer): void {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARS);
      for (const line of lines) onLine(line);
    },
    flush(): void {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

async function endOf(stream: Readable | null): Promise<void> {
  if (!stream || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
}
