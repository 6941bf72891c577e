import { rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Lie } from './lies.ts';

/** Tells the liars of a stack what to do. */
export interface Liars {
  /**
   * From now on the component tells this lie; `null`: the truth. It forgets it when it is started anew, unless the
   * lie is `lasting`.
   */
  tell(component: 'daemon' | 'pool', lie: Lie | null, options?: { lasting?: boolean }): Promise<void>;
}

export interface LiarPlace {
  /** Where it takes orders. */
  controlPort: number;
  /** What it reads at its start. */
  memoryFile: string;
}

export function liarsAt(places: Readonly<Record<'daemon' | 'pool', LiarPlace>>): Liars {
  return {
    async tell(component, lie, { lasting = false } = {}) {
      const { controlPort, memoryFile } = places[component];
      if (lasting && lie !== null) await writeFile(memoryFile, lie);
      else await rm(memoryFile, { force: true });
      await order(controlPort, lie ?? 'truth');
    },
  };
}

const TIMEOUT_MS = 2_000;

/** A liar that does not run takes no orders: it reads its memory file when it starts. */
function order(port: number, lie: Lie | 'truth'): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`${lie}\n`));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('data', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}
