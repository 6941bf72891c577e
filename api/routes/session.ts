import { setCookie } from 'hono/cookie';
import { callerWith, unauthenticated } from '../auth.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler } from '../context.ts';
import { signInPage } from '../pages/sign-in.ts';
import { keyOf } from '../request.ts';
import { SESSION_COOKIE, SESSION_SECONDS, type Sessions } from '../sessions.ts';

const FORM = 'application/x-www-form-urlencoded';
const MAX_BODY_BYTES = 4096;

export function sessionRoutes(sessions: Sessions) {
  const page: ApiHandler = (c) => c.html(signInPage(null));

  const signIn: ApiHandler = async (c) => {
    const { mediaType, text } = await readBody(c, ['application/json', FORM], MAX_BODY_BYTES);
    const isForm = mediaType === FORM;
    const key = keyOf(isForm ? Object.fromEntries(new URLSearchParams(text)) : readJson(text));
    const caller = await callerWith(c, key);
    if (caller === null) {
      if (isForm) return c.html(signInPage('This is not a valid API key.'), 401);
      throw unauthenticated();
    }
    c.set('caller', caller);
    setCookie(c, SESSION_COOKIE, sessions.open(key), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/queues',
      maxAge: SESSION_SECONDS,
    });
    return isForm ? c.redirect('/queues', 303) : c.body(null, 204);
  };

  return { 'GET /sign-in': page, 'POST /session': signIn };
}
