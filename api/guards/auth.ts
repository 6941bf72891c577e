import { authenticate, type Caller, type Scope } from '../../db/keys.ts';
import type { ApiContext, ApiMiddleware } from '../context.ts';
import { ProblemError } from '../http/problem.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** Lets in who presents a valid key in the `Authorization` header. It is never looked for in the query. */
export const requireKey: ApiMiddleware = async (c, next) => {
  const caller = c.get('caller') ?? (await callerWith(c, bearerKey(c)));
  if (caller === null) throw unauthenticated();
  c.set('caller', caller);
  await next();
};

export async function callerWith(c: ApiContext, key: string | null): Promise<Caller | null> {
  return key === null ? null : await authenticate(c.get('database'), key);
}

/** Lets in whose key has the scope. Comes after the caller is known. */
export function requireScope(scope: Scope): ApiMiddleware {
  return async (c, next) => {
    const { scopes } = callerOf(c);
    if (!scopes.includes(scope) && !scopes.includes('admin')) throw insufficientScope(scope);
    await next();
  };
}

export function callerOf(c: ApiContext): Caller {
  const caller = c.get('caller');
  if (caller === undefined) throw unauthenticated();
  return caller;
}

export function bearerKey(c: ApiContext): string | null {
  return BEARER.exec(c.req.header('authorization') ?? '')?.[1] ?? null;
}

/** The same words for every reason: a caller without a key learns nothing about the keys there are. */
export function unauthenticated(): ProblemError {
  return new ProblemError('unauthenticated', 'The request carries no valid API key.', {
    nextStep:
      'Send the header "Authorization: Bearer davy_...". The first start wrote a key to .davy/api-key.',
    headers: { 'WWW-Authenticate': 'Bearer realm="davylamp"' },
  });
}

export function insufficientScope(scope: Scope): ProblemError {
  return new ProblemError('insufficient-scope', `This wants a key with the scope "${scope}".`, {
    headers: { 'WWW-Authenticate': `Bearer realm="davylamp", error="insufficient_scope", scope="${scope}"` },
  });
}
