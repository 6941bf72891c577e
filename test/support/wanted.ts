import { sql } from 'drizzle-orm';
import type { DesiredState } from '../../core/component.ts';
import type { Database } from '../../db/connection.ts';

/** Says what is wanted of components as a run of the environment had recorded it, without a run. */
export async function want(
  database: Database,
  environmentId: string,
  components: readonly string[],
  desired: DesiredState = 'running',
): Promise<void> {
  for (const component of components)
    await database.query((db) =>
      db.execute(sql`
        insert into components (environment_id, component, desired)
        values (${environmentId}, ${component}, ${desired})
        on conflict (environment_id, component) do update set desired = excluded.desired`),
    );
}
