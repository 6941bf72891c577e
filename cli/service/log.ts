import { pino } from 'pino';
import type { Log, LogLevel } from '../../core/log.ts';
import { tellSupervisor } from './supervisor-link.ts';

const STDERR = 2;
const TOLD_LEVELS: readonly LogLevel[] = ['warn', 'error'];

/** Writes JSON lines to stderr; under a supervisor, warnings and errors are told to it as well. */
export function serviceLog(name: string): Log {
  // Synchronous: the line that explains a crash must be out before the process ends.
  const logger = pino(
    { name, level: 'info', timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: STDERR, sync: true }),
  );
  return (level, message, data = {}) => {
    logger[level](data, message);
    if (TOLD_LEVELS.includes(level))
      tellSupervisor({ type: 'notice', level, message: withReason(message, data) });
  };
}

function withReason(message: string, { reason }: Record<string, unknown>): string {
  return typeof reason === 'string' && reason !== '' ? `${message}: ${reason}` : message;
}
