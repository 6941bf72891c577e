import type { ApiHandler } from '../../context.ts';
import { signOut } from '../../sessions.ts';

export function signOutRoutes() {
  const leave: ApiHandler = async (c) => {
    await signOut(c);
    return c.redirect('/sign-in', 303);
  };
  return { 'POST /sign-out': leave };
}
