import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ApiHandler } from '../../context.ts';
import { ProblemError } from '../../http/problem.ts';
import { DOCS_START, docsPage } from './page.ts';

/** What the page is made of, with its media type. The path of a request is only ever looked up here. */
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'start.js': 'text/javascript; charset=utf-8',
};

const KEEP_A_DAY = 'public, max-age=86400';

/** The contract as a page that needs no other host. */
export function docsPageRoutes() {
  const page: ApiHandler = (c) => c.html(docsPage());

  const file: ApiHandler = async (c) => {
    const name = c.req.param('file') ?? '';
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (type === undefined) throw new ProblemError('not-found', 'The page has no such file.');
    return c.body(await contentOf(name), 200, { 'Content-Type': type, 'Cache-Control': KEEP_A_DAY });
  };

  return { 'GET /docs': page, 'GET /docs/:file': file };
}

async function contentOf(name: string): Promise<Uint8Array<ArrayBuffer> | string> {
  if (name === 'start.js') return DOCS_START;
  return new Uint8Array(await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`))));
}
