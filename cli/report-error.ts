import { CommanderError } from 'commander';
import { DavyError, messageOf } from '../core/errors.ts';
import { tellSupervisor } from './service/supervisor-link.ts';

/** Says what went wrong and what to type next, on stderr and to a supervisor. */
export function reportError(error: unknown): void {
  // Commander has printed its own already.
  if (error instanceof CommanderError) return;
  const message = explain(error);
  console.error(`davy: ${message}`);
  tellSupervisor({ type: 'failed', message });
}

function explain(error: unknown): string {
  if (error instanceof DavyError)
    return error.nextStep === null ? error.message : `${error.message}\n${error.nextStep}`;
  return (error instanceof Error && error.stack) || messageOf(error);
}
