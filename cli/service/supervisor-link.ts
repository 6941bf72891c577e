import type { ServiceConfig } from '../environment-variables.ts';
import type { ServiceMessage, StartMessage } from './messages.ts';

const UNSENT_MAX = 100;
let unsent = 0;

/** Tells the supervisor, if there is one. A supervisor that is frozen and reads nothing misses messages. */
export function tellSupervisor(message: ServiceMessage): void {
  if (!process.send || !process.connected || unsent >= UNSENT_MAX) return;
  unsent++;
  process.send(message, undefined, {}, () => {
    unsent--;
  });
}

/**
 * Says that everything is imported, and waits for the configuration: it comes when the database is there.
 * Resolves to `null` where the supervisor ended instead.
 */
export function configFromSupervisor(): Promise<ServiceConfig | null> {
  return new Promise((resolve) => {
    process.once('disconnect', () => resolve(null));
    process.once('message', (message: StartMessage) => resolve(message.config));
    if (!process.connected) resolve(null);
    tellSupervisor({ type: 'loaded' });
  });
}
