import type { RegisteredEnvironment } from '../../../db/environments.ts';
import type { Incident } from '../../../db/history.ts';

/**
 * Since when a stack has worked although an incident there was not repaired, ISO 8601 UTC; `null`: it does not, or
 * there was no need to.
 */
export function worksSince(
  { status, environmentId, resolvedAt }: Incident,
  environments: readonly RegisteredEnvironment[],
): string | null {
  if (status !== 'escalated' || resolvedAt === null) return null;
  const { health = null, healthAt = null } = environments.find(({ id }) => id === environmentId) ?? {};
  if (!health?.healthy || healthAt === null || healthAt <= resolvedAt) return null;
  return health.since ?? healthAt.toISOString();
}
