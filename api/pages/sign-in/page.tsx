import type { ApiContext } from '../../context.ts';
import { answerPage } from '../page.tsx';
import { Icon } from '../parts/icon.tsx';

/** `to`: where a browser goes once it is signed in. */
export function answerSignIn(
  c: ApiContext,
  { to, problem }: { to: string; problem: string | null },
): Response | Promise<Response> {
  return answerPage(c, {
    title: 'Sign in',
    status: problem === null ? 200 : 401,
    children: (
      <section class="sign-in">
        <Icon name="lamp" />
        <h1>Sign in</h1>
        {problem !== null && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <form method="post" action="/session" class="fields">
          <input type="hidden" name="to" value={to} />
          <label for="key">API key</label>
          <input id="key" name="key" type="password" autocomplete="current-password" required autofocus />
          <button type="submit" class="primary">
            Sign in
          </button>
        </form>
        <p class="hint">
          The first start wrote an admin key to <code>.davy/api-key</code>.
        </p>
      </section>
    ),
  });
}
