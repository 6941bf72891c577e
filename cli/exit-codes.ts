import { CommanderError } from 'commander';
import { DavyError } from '../core/errors.ts';
import type { FinalStatus } from '../core/run.ts';

/**
 * 3: the command could not be carried out: usage, environment variables, or no API to ask. 130: Ctrl-C, as shells have
 * it.
 */
export const EXIT = { succeeded: 0, failed: 1, escalated: 2, usage: 3, interrupted: 130 } as const;

/** Something that the person at the terminal can put right: the wrong words, variables or key, or no API. */
export class UsageError extends DavyError {
  constructor(code: string, message: string, details: { nextStep?: string; cause?: unknown } = {}) {
    super(code, message, details);
    this.name = 'UsageError';
  }
}

export function exitCodeOfRun(status: FinalStatus): number {
  if (status === 'succeeded') return EXIT.succeeded;
  return status === 'escalated' ? EXIT.escalated : EXIT.failed;
}

export function exitCodeOfError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.succeeded : EXIT.usage;
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
