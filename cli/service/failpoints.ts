import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Failpoint, noFailpoints, type Reach } from '../../core/failpoint.ts';

const BLOCK_MS_MAX = 120_000;

/**
 * Failpoints that are armed by files in a folder, and fire once: the file is gone before they do. A file is named
 * `<point>` or `<point>@<where>`, and says `kill` (SIGKILL to this process), `stop` (SIGSTOP) or `block <ms>` (the
 * event loop). Without a folder nothing is looked for.
 */
export function failpointsIn(folder: string | null): Reach {
  if (folder === null) return noFailpoints;
  return (point, where) => {
    for (const name of [`${point}@${where}`, point]) {
      const order = take(join(folder, name));
      if (order !== null) return fire(order, point);
    }
  };
}

/** What the file says; `null` where there is none, or another process was faster. */
function take(file: string): string | null {
  try {
    const order = readFileSync(file, 'utf8').trim();
    unlinkSync(file);
    return order;
  } catch {
    return null;
  }
}

function fire(order: string, point: Failpoint): void {
  const [verb, ms = '0'] = order.split(' ');
  if (verb === 'block') block(Math.min(Number(ms), BLOCK_MS_MAX));
  else if (verb === 'stop') process.kill(process.pid, 'SIGSTOP');
  else if (verb === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    block(BLOCK_MS_MAX);
  } else throw new RangeError(`the failpoint ${point} is told to "${order}"`);
}

/** Nothing more is done meanwhile: a signal to ourselves may be late. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
}
