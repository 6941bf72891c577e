import { eq, sql } from 'drizzle-orm';
import type { EnvironmentHealth } from '../core/health.ts';
import type { Database } from './connection.ts';
import { toJson } from './json.ts';
import { environments } from './schema.ts';

/** Keeps what the last full look saw, for those who ask how an environment is. */
export async function recordHealth(
  database: Database,
  environmentId: string,
  health: EnvironmentHealth,
): Promise<void> {
  await database.query((db) =>
    db
      .update(environments)
      .set({ health: sql`${toJson(health)}::jsonb`, healthAt: sql`now()` })
      .where(eq(environments.id, environmentId)),
  );
}
