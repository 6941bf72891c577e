import { z } from 'zod';
import { zodProblems } from '../../core/errors.ts';
import type { ApiContext } from '../context.ts';
import { invalid } from '../http/request.ts';
import { unknown } from '../http/unknown.ts';

/**
 * What the address of a page asks for. A filter that is left empty in a form asks for nothing.
 * @throws ProblemError 422
 */
export function pageQuery<T extends z.ZodObject>(c: ApiContext, schema: T): z.infer<T> {
  const given = Object.entries(c.req.query()).filter(([, value]) => value !== '');
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw invalid(zodProblems(parsed.error));
}

const uuid = z.uuid();

/** @throws ProblemError 404 where the path holds no id that a run could have. */
export function runIdOf(c: ApiContext): string {
  return idOf(c, 'unknown-run');
}

/** @throws ProblemError 404 where the path holds no id that an incident could have. */
export function incidentIdOf(c: ApiContext): string {
  return idOf(c, 'unknown-incident');
}

function idOf(c: ApiContext, code: Parameters<typeof unknown>[0]): string {
  const parsed = uuid.safeParse(c.req.param('id'));
  if (!parsed.success) throw unknown(code);
  return parsed.data;
}
