import { z } from 'zod';
import { type List, readCursor } from '../http/cursor.ts';
import { name, text, writtenAs } from './fields.ts';

/** A number as a query has it, and what it is where the query does not say. */
export const integer = (min: number, max: number, usual: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`)
    .meta({ override: writtenAs({ type: 'integer', minimum: min, maximum: max, default: usual }) })
    .default(usual);

/** A list in one parameter, separated by commas. */
const commas = (items: object, more: object = {}) => ({
  param: { style: 'form', explode: false } as const,
  override: writtenAs({ type: 'array', items: { type: 'string', ...items }, minItems: 1, ...more }),
});

/** Some of these words, separated by commas. */
export const some = <T extends string>(all: readonly T[]) =>
  z
    .string()
    .transform((value, context): T[] =>
      value.split(',').flatMap((item) => {
        const found = all.find((known) => known === item);
        if (found === undefined)
          context.addIssue({ code: 'custom', message: `must be some of ${all.join(', ')}` });
        return found ?? [];
      }),
    )
    .optional()
    .meta(commas({ enum: all }));

const NAMES_MAX = 50;

/** Some names, separated by commas. */
export const names = text(2048)
  .transform((value) => value.split(','))
  .pipe(z.array(name).max(NAMES_MAX))
  .optional()
  .meta(commas({ minLength: 1, maxLength: 256 }, { maxItems: NAMES_MAX }));

/** A moment as a request has it. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-02T03:04:05Z' })
  .transform((value) => new Date(value))
  .meta({ override: writtenAs({ type: 'string', format: 'date-time' }) });

export const limit = integer(1, 200, 50).meta({ description: 'How many items a page may have.' });

export const pagingOf = (list: List) => ({
  limit,
  cursor: z
    .string()
    .transform((cursor) => readCursor(list, cursor))
    .optional()
    .meta({ description: 'The `nextCursor` of the page before.' }),
});

/** The number of an event. */
export const eventNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number)
  .meta({ override: writtenAs({ type: 'integer', minimum: 0 }) });
