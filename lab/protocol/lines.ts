import { StringDecoder } from 'node:string_decoder';

/** What becomes of the lines of a connection. */
export interface LineHandlers {
  /** The longest line in UTF-16 units; more calls `onOverflow` once and nothing after it. */
  readonly maxLineLength: number;
  onLine(line: string): void;
  onOverflow(): void;
}

/** Cuts a stream of chunks into its non-empty lines. The answer takes chunks; after an overflow it ignores them. */
export function readLines(handlers: LineHandlers): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let overflowed = false;
  return (chunk) => {
    if (overflowed) return;
    const lines = (pending + decoder.write(chunk)).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) {
      if (line.length > handlers.maxLineLength) overflowed = true;
      if (overflowed) break;
      if (line.trim() !== '') handlers.onLine(line);
    }
    overflowed ||= pending.length > handlers.maxLineLength;
    if (overflowed) handlers.onOverflow();
  };
}
