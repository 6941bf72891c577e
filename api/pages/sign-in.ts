import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input, button { margin: .5rem 0 1rem; padding: .5rem; }
  .problem { color: #b00020; }
`;

/** Allows this page's style, and no other, in the content security policy. */
export const SIGN_IN_STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

export function signInPage(problem: string | null) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sign in - Davylamp</title>
    <style>${raw(STYLE)}</style>
  </head>
  <body>
    <main>
      <h1>Davylamp</h1>
      ${problem === null ? '' : html`<p class="problem" role="alert">${problem}</p>`}
      <form method="post" action="/session">
        <label for="key">API key</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
        <button>Sign in</button>
      </form>
      <p>The first start wrote a key to <code>.davy/api-key</code>.</p>
    </main>
  </body>
</html>`;
}
