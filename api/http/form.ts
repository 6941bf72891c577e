import type { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { readBody } from './body.ts';
import { invalid, valid } from './request.ts';

export const FORM = 'application/x-www-form-urlencoded';

const FORM_BYTES_MAX = 64 * 1024;

/**
 * What a page's form holds.
 * @throws ProblemError as `readBody`, and 422 with all that is wrong.
 */
export async function readForm<T extends z.ZodType>(c: ApiContext, schema: T): Promise<z.infer<T>> {
  const { text } = await readBody(c, [FORM], FORM_BYTES_MAX);
  return valid(schema, formOf(text));
}

/** The fields of a form, each of which may be there once. */
export function formOf(text: string): Record<string, string> {
  const fields = [...new URLSearchParams(text)];
  const repeated = fields.filter(([name], place) => fields.findIndex(([other]) => other === name) !== place);
  if (repeated.length > 0)
    throw invalid(repeated.map(([path]) => ({ path, message: 'must be there once at most' })));
  // Browsers send the line breaks of a text as CRLF.
  return Object.fromEntries(fields.map(([name, value]) => [name, value.replaceAll('\r\n', '\n')]));
}
