import { rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { ProxyFault } from './proxy-faults.ts';

/** Commands the fault proxies of a stack. */
export interface FaultProxies {
  /** From now on the component shows this fault; `null`: none. A restart clears it, unless the fault is `lasting`. */
  set(component: 'daemon' | 'pool', fault: ProxyFault | null, options?: { lasting?: boolean }): Promise<void>;
}

export interface ProxyPlace {
  /** Where it takes commands. */
  controlPort: number;
  /** What it reads at its start. */
  faultFile: string;
}

export function proxiesAt(places: Readonly<Record<'daemon' | 'pool', ProxyPlace>>): FaultProxies {
  return {
    async set(component, fault, { lasting = false } = {}) {
      const { controlPort, faultFile } = places[component];
      if (lasting && fault !== null) await writeFile(faultFile, fault);
      else await rm(faultFile, { force: true });
      await send(controlPort, fault ?? 'none');
    },
  };
}

const TIMEOUT_MS = 2_000;

/** A proxy that does not run takes no commands: it reads its fault file when it starts. */
function send(port: number, fault: ProxyFault | 'none'): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`${fault}\n`));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.on('data', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}
