import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { firstCharacter } from '../output.ts';

const STREAMS = ['stdout', 'stderr'] as const;

/** The last bytes of both streams, in whole characters. */
export async function readTails(
  folder: string,
  maxBytes: number,
): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = await Promise.all(STREAMS.map((name) => tail(join(folder, name), maxBytes)));
  return { stdout: stdout ?? '', stderr: stderr ?? '' };
}

/** What both streams hold by now. */
export async function outputBytes(folder: string): Promise<number> {
  const sizes = await Promise.all(
    STREAMS.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function tail(file: string, maxBytes: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => null);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - maxBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const bytes = buffer.subarray(0, bytesRead);
    return bytes.subarray(from === 0 ? 0 : firstCharacter(bytes, 0)).toString('utf8');
  } finally {
    await handle.close();
  }
}
