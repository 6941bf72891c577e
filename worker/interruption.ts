import { isDatabaseAway } from '../core/errors.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

/** Another has claimed the run: nothing may be done for it here any more, nor put back. */
export class ClaimLostError extends Error {
  constructor() {
    super('another has claimed the run');
    this.name = 'ClaimLostError';
  }
}

/**
 * For the answer of a write that names its claim.
 * @throws ClaimLostError where nothing was written, because the claim was no longer ours
 */
export function assertClaimed(isOurs: boolean): void {
  if (!isOurs) throw new ClaimLostError();
}

/**
 * Whether something came to nothing because Postgres is away, or because another has the run. That says nothing about
 * the stack, and the attempt goes on: when Postgres is back, or with whoever has it. Where this machine lacks what it
 * takes to ask Postgres, waiting mends nothing.
 */
export function isInterruption(error: unknown): boolean {
  return error instanceof ClaimLostError || (isDatabaseAway(error) && !isResourceExhaustion(error));
}
