import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { answerTagged } from '../answer-tagged.ts';
import type { ApiHandler } from '../context.ts';
import { openApiDocument } from '../contract/document.ts';
import { DOCS_START, docsPage } from '../pages/docs.ts';
import { ProblemError } from '../problem.ts';
import type { RouteHandler } from '../route.ts';

/** What the page is made of, with its media type. The path of a request is only ever looked up here. */
const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'start.js': 'text/javascript; charset=utf-8',
};

const ASK_ANEW = 'public, no-cache';
const KEEP_A_DAY = 'public, max-age=86400';

/** The contract for machines, and the same as a page that needs no other host. */
export function docsRoutes() {
  let document: ReturnType<typeof openApiDocument> | undefined;

  const openApi: RouteHandler<'GET /openapi.json'> = (c) => {
    document ??= openApiDocument();
    return answerTagged(c, document, ASK_ANEW);
  };

  const page: ApiHandler = (c) => c.html(docsPage());

  const file: ApiHandler = async (c) => {
    const name = c.req.param('file') ?? '';
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    if (type === undefined) throw new ProblemError('not-found', 'The page has no such file.');
    return c.body(await contentOf(name), 200, { 'Content-Type': type, 'Cache-Control': KEEP_A_DAY });
  };

  return { 'GET /openapi.json': openApi, 'GET /docs': page, 'GET /docs/:file': file };
}

async function contentOf(name: string): Promise<Uint8Array<ArrayBuffer> | string> {
  if (name === 'start.js') return DOCS_START;
  return new Uint8Array(await readFile(fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`))));
}
