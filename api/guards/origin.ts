import type { ApiContext, ApiMiddleware } from '../context.ts';
import { ProblemError } from '../http/problem.ts';
import { hasSessionCookie } from './sessions.ts';

/** Refuses what another site's page makes a browser send. Reading is not affected. */
export const requireSameOrigin: ApiMiddleware = async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && !isSameOrigin(c))
    throw new ProblemError('csrf', 'The request does not come from a page of this server.');
  await next();
};

/** Browsers name the origin of whatever is not a GET; without a cookie there is nothing for them to misuse. */
function isSameOrigin(c: ApiContext): boolean {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site') ?? 'same-origin';
  if (origin === undefined) return site === 'same-origin' && !hasSessionCookie(c);
  return URL.canParse(origin) && new URL(origin).host === c.req.header('host') && site === 'same-origin';
}
