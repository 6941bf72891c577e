import type { LogLevel } from '../../core/log.ts';
import type { ServiceConfig } from '../environment-variables.ts';

/** What a supervisor tells a service, once, in answer to `loaded`. */
export interface StartMessage {
  type: 'start';
  config: ServiceConfig;
}

export interface ReadyMessage {
  type: 'ready';
  /** Where it listens, if it does. */
  url: string | null;
}

/** What a service tells its supervisor. */
export type ServiceMessage =
  | { type: 'loaded' }
  | ReadyMessage
  | { type: 'notice'; level: LogLevel; message: string }
  /** Why it is about to end. */
  | { type: 'failed'; message: string };
