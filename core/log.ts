export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes one structured line. Data never holds credentials. */
export type Log = (level: LogLevel, message: string, data?: Record<string, unknown>) => void;
