import { type SQL, sql } from 'drizzle-orm';

/** Where those who follow runs hear of changes: the payload is the run's id. */
export const RUNS_CHANNEL = 'davy_runs';
/** Where workers hear of runs that are to be cancelled: the payload is the run's id. */
export const CANCEL_CHANNEL = 'davy_cancel';
/** Where those who look at stacks hear that something was seen of one: the payload is the id of its environment. */
export const ENVIRONMENTS_CHANNEL = 'davy_environments';

/** Tells those who follow the row of the common table expression `run` that it changed. */
export function notifyRun(): SQL {
  return sql`pg_notify(${RUNS_CHANNEL}, run.id::text)`;
}

/** Asks the worker of that same row to end it. */
export function notifyCancel(): SQL {
  return sql`pg_notify(${CANCEL_CHANNEL}, run.id::text)`;
}

/** Tells those who look at the stack that it is not as it was. */
export function notifyEnvironment(environmentId: SQL): SQL {
  return sql`pg_notify(${ENVIRONMENTS_CHANNEL}, ${environmentId}::text)`;
}
