import type { Database } from '../../db/connection.ts';

const QUERY_TIMEOUT_MS = 1_800;
const REQUEST_BUDGET_MS = 8_000;

/**
 * The same database for one request: one that does not answer is found out within two seconds, and the time
 * spent waiting for a slow one is bounded. What else a request waits for, such as its body, does not count.
 */
export function withBudget(database: Database): Database {
  let leftMs = REQUEST_BUDGET_MS;
  return {
    async query(run, timeoutMs = QUERY_TIMEOUT_MS) {
      const startedAt = performance.now();
      try {
        return await database.query(run, Math.max(1, Math.min(timeoutMs, leftMs)));
      } finally {
        leftMs -= performance.now() - startedAt;
      }
    },
    listen: (channel, onNotify) => database.listen(channel, onNotify),
    close: () => database.close(),
  };
}
