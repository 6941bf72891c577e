import type { FailureType } from '../failure.ts';
import type { PortFact, ProcessFact, StaleLocks, StartFailure } from '../observation.ts';

/** What keeps us from looking at a component lies in its configuration, or in what `davy.json` says of it. */
export function whenUnseen({
  unseen,
}: {
  unseen?: string;
}): { failure: FailureType; evidence: string[] } | null {
  return unseen === undefined
    ? null
    : { failure: 'bad_config', evidence: [`it cannot be looked at: ${unseen}`] };
}

/** How a process came to its end, as a sentence. */
export function describeDown(process: ProcessFact & { state: 'down' }): string {
  const { exit, alike } = process;
  if (alike) return `processes ${alike.join(' and ')} both look like it, and none is taken for it`;
  if (exit === null) return 'its process is not running';
  if (exit.signal !== null) return `its process was ended by ${exit.signal}`;
  return `its process ended with exit code ${exit.exitCode}`;
}

/** Who holds a port, as a sentence. */
export function describePort({ port, holder, owner, elsewhere }: PortFact): string {
  if (elsewhere)
    return `it listens on port ${port} at ${elsewhere.listensAt}, but davy.json looks for it at ${elsewhere.soughtAt}`;
  if (holder === 'nobody') return `nobody listens on port ${port}`;
  if (holder === 'ours') return `it listens on port ${port} itself`;
  return `port ${port} is held by ${owner ?? 'a process that cannot be seen from here'}`;
}

/** A component's last words, as a sentence. */
export function sayLine({ line }: Pick<StartFailure, 'line'>): string {
  return `it said "${line}"`;
}

/** The moment of a process's end, for the diagnosis, where the kernel told it. */
export function endedAt(process: ProcessFact): { occurredAt?: string } {
  return process.state === 'down' && process.exit !== null ? { occurredAt: process.exit.at } : {};
}

/**
 * What hindered a start that came to nothing although nobody holds it any more; `null` where nothing did. A
 * process that had worked, or that was killed, leaves its locks behind too, but did not end for them.
 */
export function lockedOut(process: ProcessFact, staleLocks: StaleLocks): string[] | null {
  if (process.state !== 'down' || process.crash !== null || !process.exit?.exitCode) return null;
  if (staleLocks.length === 0) return null;
  return staleLocks.map((file) => `${file} was left behind by a process that is dead`);
}
