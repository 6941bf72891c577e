import { and, asc, eq, getTableColumns, inArray, ne, sql } from 'drizzle-orm';
import type { ComponentRef, DesiredState } from '../core/component.ts';
import type { Environment } from '../core/environment.ts';
import { WORKER_SILENT_MS } from '../core/waiting.ts';
import { runOf, type WritingClaim } from './claim.ts';
import type { Database } from './connection.ts';
import { newId } from './id.ts';
import { textArray } from './json.ts';
import { componentCrashes, components, environments, hosts } from './schema.ts';

export type RegisteredEnvironment = typeof environments.$inferSelect;
export type Host = typeof hosts.$inferSelect;

/** A worker's sign of life, with the folders under which it takes environments. */
export async function registerHost(
  database: Database,
  host: { name: string; workerId: string; roots: string[] },
): Promise<void> {
  await database.query((db) =>
    db
      .insert(hosts)
      .values({ ...host, startedAt: sql`now()`, seenAt: sql`now()` })
      .onConflictDoUpdate({
        target: hosts.name,
        set: {
          workerId: host.workerId,
          roots: host.roots,
          seenAt: sql`now()`,
          startedAt: sql`case when ${hosts.workerId} = ${host.workerId} then ${hosts.startedAt} else now() end`,
        },
      }),
  );
}

/**
 * Tells what a worker found in a `davy.json` on its disk. Its name is its identity on that host; in another
 * folder it is another stack, of whose components nothing is known yet.
 */
export async function registerEnvironment(
  database: Database,
  found: { host: string; workingDirectory: string; definition: Environment },
): Promise<RegisteredEnvironment> {
  const { host, workingDirectory, definition } = found;
  const { name } = definition;
  const [registered] = await database.query((db) => {
    const elsewhere = db
      .select({ id: environments.id })
      .from(environments)
      .where(
        and(
          eq(environments.host, host),
          eq(environments.name, name),
          ne(environments.workingDirectory, workingDirectory),
        ),
      );
    const forgotten = db
      .$with('forgotten')
      .as(db.delete(components).where(inArray(components.environmentId, elsewhere)).returning());
    const uncounted = db
      .$with('uncounted')
      .as(db.delete(componentCrashes).where(inArray(componentCrashes.environmentId, elsewhere)).returning());
    const sameFolder = sql`${environments.workingDirectory} = excluded.working_directory`;
    return db
      .with(forgotten, uncounted)
      .insert(environments)
      .values({ id: newId(), host, name, workingDirectory, definition })
      .onConflictDoUpdate({
        target: [environments.host, environments.name],
        set: {
          workingDirectory,
          definition,
          health: sql`case when ${sameFolder} then ${environments.health} end`,
          healthAt: sql`case when ${sameFolder} then ${environments.healthAt} end`,
        },
      })
      .returning();
  });
  if (!registered) throw new Error('the environment was not registered');
  return registered;
}

/** Where the state of an environment is kept: in the folder given, where no worker said another one before. */
export async function stateDirectoryOf(
  database: Database,
  environmentId: string,
  given: string,
): Promise<string> {
  const [row] = await database.query((db) =>
    db
      .update(environments)
      .set({ stateDirectory: sql`coalesce(${environments.stateDirectory}, ${given})` })
      .where(eq(environments.id, environmentId))
      .returning({ kept: environments.stateDirectory }),
  );
  return row?.kept ?? given;
}

/** What is kept of an environment is in another folder from now on. */
export async function moveState(database: Database, environmentId: string, to: string): Promise<void> {
  await database.query((db) =>
    db.update(environments).set({ stateDirectory: to }).where(eq(environments.id, environmentId)),
  );
}

/** A worker's sign of life for the environments that it serves. */
export async function markServed(database: Database, environmentIds: readonly string[]): Promise<void> {
  if (environmentIds.length === 0) return;
  await database.query((db) =>
    db
      .update(environments)
      .set({ seenAt: sql`now()` })
      .where(inArray(environments.id, [...environmentIds])),
  );
}

export async function listHosts(database: Database): Promise<Host[]> {
  return await database.query((db) => db.select().from(hosts).orderBy(asc(hosts.name)));
}

/** A host with whether its worker gave a sign of life just now, and the names of its environments. */
export type HostView = Host & { alive: boolean; environments: string[] };

export async function viewHosts(database: Database): Promise<HostView[]> {
  const alive = sql<boolean>`${hosts.seenAt} >= now() - make_interval(secs => ${WORKER_SILENT_MS / 1000})`;
  const [all, registered] = await Promise.all([
    database.query((db) =>
      db
        .select({ ...getTableColumns(hosts), alive })
        .from(hosts)
        .orderBy(asc(hosts.name)),
    ),
    listEnvironments(database),
  ]);
  return all.map((host) => ({
    ...host,
    environments: registered.filter((found) => found.host === host.name).map(({ name }) => name),
  }));
}

export async function listEnvironments(database: Database): Promise<RegisteredEnvironment[]> {
  return await database.query((db) => db.select().from(environments).orderBy(asc(environments.name)));
}

export interface ComponentRecord {
  desired: DesiredState;
  knownHeight: number;
}

const UNKNOWN: ComponentRecord = { desired: 'stopped', knownHeight: 0 };

/** What is recorded of each component of an environment; what was never started is desired `stopped`. */
export async function componentRecords(
  database: Database,
  environmentId: string,
  refs: readonly ComponentRef[],
): Promise<Map<string, ComponentRecord>> {
  const rows = await database.query((db) =>
    db.select().from(components).where(eq(components.environmentId, environmentId)),
  );
  return new Map(refs.map(({ name }) => [name, rows.find(({ component }) => component === name) ?? UNKNOWN]));
}

/**
 * Records what is wanted of components of the run's environment. `false`: the claim was no longer ours, and nothing
 * is written.
 */
export async function setDesired(
  database: Database,
  claim: WritingClaim,
  names: readonly string[],
  desired: DesiredState,
): Promise<boolean> {
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (${runOf(claim)}), wanted as (
        insert into components (environment_id, component, desired)
        select run.environment_id, name, ${desired} from run, unnest(${textArray(names)}) as name
        on conflict (environment_id, component)
        do update set desired = excluded.desired, updated_at = now()
      )
      select from run`),
  );
  return saved.length > 0;
}

/** Remembers a height that a run has reached; it only ever rises. `false`: the claim was no longer ours. */
export async function reachHeight(
  database: Database,
  claim: WritingClaim,
  component: string,
  height: number,
): Promise<boolean> {
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (${runOf(claim)}), reached as (
        update components set known_height = greatest(known_height, ${height}::int)
        from run where components.environment_id = run.environment_id and component = ${component}
      )
      select from run`),
  );
  return saved.length > 0;
}

/**
 * Remembers a height that was seen; it only ever rises. Whoever looked says what was known then: where that is
 * something else by now, the height is of a chain that may be gone, and the next look tells.
 */
export async function recordHeight(
  database: Database,
  environmentId: string,
  component: string,
  { height, known }: { height: number; known: number },
): Promise<void> {
  await database.query((db) =>
    db
      .update(components)
      .set({ knownHeight: sql`greatest(${components.knownHeight}, ${height}::int)` })
      .where(
        and(
          eq(components.environmentId, environmentId),
          eq(components.component, component),
          eq(components.knownHeight, known),
        ),
      ),
  );
}

/** The chain begins anew: no height is known any more. `false`: the claim was no longer ours. */
export async function forgetHeights(database: Database, claim: WritingClaim): Promise<boolean> {
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (${runOf(claim)}), forgotten as (
        update components set known_height = 0 from run where components.environment_id = run.environment_id
      )
      select from run`),
  );
  return saved.length > 0;
}
