import { z } from 'zod';

/** A word of a pipeline: the id of a stage, an agent, a decision. Never a path, never an option. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be letters, digits, _ . or -');

/** A value that may stand in a path, an argument or a config line: no control characters, no lone surrogates. */
export const text = (max = 4096) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !/\p{Cc}/u.test(value) && value.isWellFormed(), 'has control characters');

/** A program and its arguments. */
export const argv = z.array(text()).min(1).max(200);
