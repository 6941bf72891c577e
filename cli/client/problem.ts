import { z } from 'zod';
import { UsageError } from '../exit-codes.ts';

/** RFC 9457, with the two members of ours that a person wants to read. */
const problemSchema = z.object({
  type: z.string().nullish(),
  title: z.string().nullish(),
  detail: z.string().nullish(),
  nextStep: z.string().nullish(),
  errors: z.array(z.object({ path: z.string().nullish(), message: z.string() })).nullish(),
});

const UNAUTHENTICATED = 401;
const UNAVAILABLE = [429, 502, 503, 504];

/**
 * The error for an answer that is none of 2xx, in the words of its problem document: `api-unavailable` where it
 * may be asked again, else `api-refused`.
 */
export function problemError(status: number, body: string): UsageError {
  const problem = parseProblem(body);
  const said = problem.detail ?? problem.title ?? `it answered ${status}`;
  const errors = problem.errors ?? [];
  // The detail of a problem with one error is that error in a sentence.
  const details = errors.length > 1 ? errors.map(({ path, message }) => `  ${path ?? '$'}: ${message}`) : [];
  const nextStep = status === UNAUTHENTICATED ? KEY_REFUSED : (problem.nextStep ?? undefined);
  const message = [`The API says: ${said}`, ...details].join('\n');
  const more = nextStep === undefined ? {} : { nextStep };
  if (UNAVAILABLE.includes(status)) return new UsageError('api-unavailable', message, more);
  return new ApiRefusal(problem.type?.split('/').at(-1) ?? '', message, more);
}

/** The API has understood the request and will not do it. */
export class ApiRefusal extends UsageError {
  /** The code of its problem document, such as `unknown-pipeline`. */
  readonly problem: string;

  constructor(problem: string, message: string, details: { nextStep?: string }) {
    super('api-refused', message, details);
    this.problem = problem;
  }
}

const KEY_REFUSED =
  'Check DAVY_API_KEY, or unset it in the folder of `davy up`, where the key is read from .davy/api-key.';

function parseProblem(body: string): z.infer<typeof problemSchema> {
  try {
    return problemSchema.parse(JSON.parse(body));
  } catch {
    return {};
  }
}
