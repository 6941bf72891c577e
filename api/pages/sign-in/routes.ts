import type { ApiHandler } from '../../context.ts';
import { callerWith, unauthenticated } from '../../guards/auth.ts';
import { signIn, signOut } from '../../guards/sessions.ts';
import { localPath } from '../../guards/visitor.ts';
import { readBody, readJson } from '../../http/body.ts';
import { FORM, formOf } from '../../http/form.ts';
import { sessionRequest, valid } from '../../http/request.ts';
import { answerSignIn } from './page.tsx';

const MAX_BODY_BYTES = 4096;

/** A browser signs in with a key, and is known by a cookie until it signs out. */
export function signInRoutes() {
  const page: ApiHandler = (c) => answerSignIn(c, { to: localPath(c.req.query('to') ?? '/'), problem: null });

  const open: ApiHandler = async (c) => {
    const { mediaType, text } = await readBody(c, ['application/json', FORM], MAX_BODY_BYTES);
    const isForm = mediaType === FORM;
    const { key, to = '/' } = valid(sessionRequest, isForm ? formOf(text) : readJson(text));
    const caller = await callerWith(c, key.trim());
    if (caller === null) {
      if (isForm) return answerSignIn(c, { to: localPath(to), problem: 'This is not a valid API key.' });
      throw unauthenticated();
    }
    c.set('caller', caller);
    await signIn(c, caller.keyId);
    return isForm ? c.redirect(localPath(to), 303) : c.body(null, 204);
  };

  const leave: ApiHandler = async (c) => {
    await signOut(c);
    return c.redirect('/sign-in', 303);
  };

  return { 'GET /sign-in': page, 'POST /session': open, 'POST /sign-out': leave };
}
