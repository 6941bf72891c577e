import type { ApiContext, ApiMiddleware } from '../context.ts';
import { bearerKey, callerWith, unauthenticated } from './auth.ts';
import { signedIn } from './sessions.ts';

/** Lets in who is signed in, or presents a key; a browser that is neither is asked to sign in first. */
export const requireVisitor: ApiMiddleware = async (c, next) => {
  const key = bearerKey(c);
  const visitor = key === null ? await signedIn(c) : await callerWith(c, key);
  if (visitor !== null) {
    c.set('caller', visitor);
    return await next();
  }
  if (key === null && wantsHtml(c))
    return c.redirect(`/sign-in?to=${encodeURIComponent(returnPath(c))}`, 303);
  throw unauthenticated();
};

/** Whether a browser asks for something to show. */
export function wantsHtml(c: ApiContext): boolean {
  return c.req.header('accept')?.includes('text/html') === true;
}

/** Where to go back to: what was asked for, or the page whose form was sent. */
function returnPath(c: ApiContext): string {
  const isPage = c.req.method === 'GET' || c.req.method === 'HEAD';
  return localPath(isPage ? c.req.url : (c.req.header('referer') ?? '/'));
}

/** The path and query of an address, which leads nowhere but here; `/` for what is no address. */
export function localPath(address: string): string {
  const here = 'http://here.invalid';
  if (!URL.canParse(address, here)) return '/';
  const { pathname, search } = new URL(address, here);
  return pathname.startsWith('//') ? '/' : `${pathname}${search}`;
}
