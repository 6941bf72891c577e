import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { endSession, openSession, SESSION_SECONDS, type Visitor, visitorOf } from '../../db/sessions.ts';
import type { ApiContext } from '../context.ts';

const SESSION_COOKIE = 'davy_session';

/** Signs the browser in under this key, whose holder was checked. */
export async function signIn(c: ApiContext, keyId: string): Promise<void> {
  setCookie(c, SESSION_COOKIE, await openSession(c.get('database'), keyId), {
    ...cookieOptions(c),
    maxAge: SESSION_SECONDS,
  });
}

export async function signOut(c: ApiContext): Promise<void> {
  const id = getCookie(c, SESSION_COOKIE);
  if (id !== undefined) await endSession(c.get('database'), id);
  deleteCookie(c, SESSION_COOKIE, cookieOptions(c));
}

/** Who is signed in here; `null`: nobody, any more. */
export async function signedIn(c: ApiContext): Promise<Visitor | null> {
  const id = getCookie(c, SESSION_COOKIE);
  return id === undefined ? null : await visitorOf(c.get('database'), id);
}

export function hasSessionCookie(c: Context): boolean {
  return getCookie(c, SESSION_COOKIE) !== undefined;
}

/** The origin that the browser names tells of TLS, also where a proxy speaks it for us. */
function cookieOptions(c: ApiContext) {
  const secure = c.req.header('origin')?.startsWith('https:') === true;
  return { httpOnly: true, sameSite: 'Strict', path: '/', secure } as const;
}
