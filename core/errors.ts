/**
 * An error whose message is meant for a person: it names the component or place, the reason and the next
 * step, and carries a stable `code` for machines (the `type` of a problem document, the code of an attempt).
 */
export class DavyError extends Error {
  readonly code: string;
  readonly component: string | null;
  readonly nextStep: string | null;

  constructor(
    code: string,
    message: string,
    details: { component?: string; nextStep?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'DavyError';
    this.code = code;
    this.component = details.component ?? null;
    this.nextStep = details.nextStep ?? null;
  }
}

/** One thing wrong with a document, with its place in it (`stages[3].decisions[0].choice`). */
export interface Problem {
  path: string;
  message: string;
}

/** A JSON path as people write it: `['stages', 3, 'id']` -> `stages[3].id`; the root is `$`. */
export function jsonPath(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (out, key) =>
      typeof key === 'number' ? `${out}[${key}]` : out === '' ? String(key) : `${out}.${String(key)}`,
    '',
  );
  return text === '' ? '$' : text;
}

/** The problems of a failed zod parse, in the order in which zod found them. */
export function zodProblems(error: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[];
}): Problem[] {
  return error.issues.map((issue) => ({ path: jsonPath(issue.path), message: issue.message }));
}

/** What a thrown value says, for evidence and logs; Node's connection errors to several addresses say nothing of their own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Whether something came to nothing because Postgres could not be asked, or did not answer in time. */
export function isDatabaseAway(error: unknown): error is DavyError {
  return error instanceof DavyError && error.code === 'database-unavailable';
}
