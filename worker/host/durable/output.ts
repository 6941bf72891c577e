import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { firstCharacter } from '../output.ts';

const STREAMS = ['stdout', 'stderr'] as const;

/** The last bytes of both streams, in whole characters. */
export function readTails(folder: string, maxBytes: number): { stdout: string; stderr: string } {
  const [stdout = '', stderr = ''] = STREAMS.map((name) => tail(join(folder, name), maxBytes));
  return { stdout, stderr };
}

/** What both streams hold by now. */
export function outputBytes(folder: string): number {
  return STREAMS.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** At once, as these are small files of ours: a hop through the thread pool would cost more than the read. */
function tail(file: string, maxBytes: number): string {
  if (sizeOf(file) === 0) return '';
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const from = Math.max(0, size - maxBytes);
    const bytes = Buffer.alloc(size - from);
    const read = bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from));
    return read.subarray(from === 0 ? 0 : firstCharacter(read, 0)).toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}
