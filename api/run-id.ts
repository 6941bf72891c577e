import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { ProblemError } from './problem.ts';

const uuid = z.uuid();

/** @throws ProblemError 404 where the path holds no id that a run could have. */
export function runId(c: ApiContext): string {
  const parsed = uuid.safeParse(c.req.param('id'));
  if (!parsed.success) throw new ProblemError('unknown-run', 'Runs have UUIDs for ids.');
  return parsed.data;
}
