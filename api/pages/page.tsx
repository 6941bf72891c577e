import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ApiContext } from '../context.ts';
import { STYLE_SHEETS } from './assets.ts';
import { Icon } from './parts/icon.tsx';

/** The pages that are reached from every page. */
const SECTIONS = [
  { name: 'stacks', path: '/', title: 'Stacks' },
  { name: 'runs', path: '/runs', title: 'Runs' },
  { name: 'incidents', path: '/incidents', title: 'Incidents' },
  { name: 'recovery', path: '/recovery', title: 'Recovery' },
] as const;

export interface Page {
  title: string;
  /** Which of the sections it belongs to. */
  section?: (typeof SECTIONS)[number]['name'];
  /** It is kept as things are: `all` of them, or those of one run. */
  follows?: 'all' | { run: string };
  status?: ContentfulStatusCode;
  children: Child;
}

/** Answers with a page in its frame: who is signed in, where to go, and whether what is seen is live. */
export function answerPage(c: ApiContext, { status = 200, ...page }: Page): Response | Promise<Response> {
  return c.html(html`<!doctype html>${<Frame {...page} visitor={c.get('caller')} />}`, status);
}

type FrameProps = Omit<Page, 'status'> & { visitor: ReturnType<typeof visitorOf> };

function visitorOf(c: ApiContext) {
  return c.get('caller');
}

function Frame({ title, section, follows, visitor, children }: FrameProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Davylamp</title>
        <link rel="icon" href="/assets/lamp.svg" type="image/svg+xml" />
        {STYLE_SHEETS.map((name) => (
          <link rel="stylesheet" href={`/assets/${name}`} />
        ))}
        <script type="module" src="/assets/page.js" />
      </head>
      <body data-now={new Date().toISOString()} data-live={follows && streamOf(follows)}>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="top">
          <a class="brand" href="/">
            <Icon name="lamp" />
            Davylamp
          </a>
          {visitor && <Sections current={section} />}
          {visitor && (
            <div class="top-end">
              {follows && (
                <p class="link" role="status">
                  <span class="link-dot" aria-hidden="true" />
                  <span data-link-word>as loaded</span>
                </p>
              )}
              {'keyName' in visitor && <SignOut keyName={visitor.keyName} />}
            </div>
          )}
        </header>
        <main id="content" tabindex={-1}>
          {children}
        </main>
      </body>
    </html>
  );
}

function streamOf(follows: NonNullable<Page['follows']>): string {
  return follows === 'all' ? '/live' : `/live?run=${follows.run}`;
}

function Sections({ current }: { current: Page['section'] }) {
  return (
    <nav aria-label="Pages">
      <ul>
        {SECTIONS.map(({ name, path, title }) => (
          <li>
            <a href={path} aria-current={name === current ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function SignOut({ keyName }: { keyName: string }) {
  return (
    <form method="post" action="/sign-out">
      <button type="submit" class="quiet" title={`Signed in with the key "${keyName}"`}>
        Sign out
      </button>
    </form>
  );
}
