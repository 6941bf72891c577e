import { type SQL, sql } from 'drizzle-orm';

/** The claim under which something is written: nothing is once the run has been claimed by another. */
export interface WritingClaim {
  runId: string;
  epoch: number;
}

/** The run of a claim, as long as it is the last one. Locked until the statement ends: nobody claims it meanwhile. */
export function runOf({ runId, epoch }: WritingClaim): SQL {
  return sql`select id, environment_id from runs where id = ${runId} and epoch = ${epoch} for no key update`;
}
