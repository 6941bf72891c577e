import { z } from 'zod';
import { type Problem, zodProblems } from '../../core/errors.ts';
import { ProblemError } from './problem.ts';

/** `POST /session` */
export const sessionRequest = z.strictObject({
  key: z.string().max(256),
  /** Where a browser goes then. */
  to: z.string().max(2048).optional(),
});

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are there and undefined, as filters want it. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** @throws ProblemError 422 with all that is wrong. */
export function valid<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(zodProblems(parsed.error));
}

export function invalid(errors: readonly Problem[]): ProblemError {
  const [first] = errors;
  const detail = first === undefined ? 'The request is not valid.' : `${first.path}: ${first.message}`;
  return new ProblemError('validation-error', detail, { errors });
}
