import { isDatabaseAway } from '../core/errors.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

/**
 * Whether something came to nothing because Postgres is away. That says nothing about the stack, and the attempt goes
 * on when Postgres is back. Where this machine lacks what it takes to ask Postgres, waiting mends nothing.
 */
export function isOutage(error: unknown): boolean {
  return isDatabaseAway(error) && !isResourceExhaustion(error);
}
