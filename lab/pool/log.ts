import { openSync, writeSync } from 'node:fs';

/** Writes one line to the pool's log. */
export type Log = (message: string) => void;

/** Opens a log file for append; throws where that fails. Each line starts with the time in ISO 8601. */
export function openLog(file: string): Log {
  const descriptor = openSync(file, 'a', 0o640);
  return (message) => {
    try {
      writeSync(descriptor, `${new Date().toISOString()} ${message}\n`);
    } catch {
      // A full disk must not stop the pool, and there is nowhere else to say so.
    }
  };
}

/** Text that came over the network, made safe for a log line: one line, no control characters, cut short. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
