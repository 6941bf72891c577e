import { answerTagged } from '../answer-tagged.ts';
import { openApiDocument } from '../contract/document.ts';
import type { RouteHandler } from '../route.ts';

const ASK_ANEW = 'public, no-cache';

/** The contract for machines. */
export function openApiRoutes() {
  let document: ReturnType<typeof openApiDocument> | undefined;

  const get: RouteHandler<'GET /openapi.json'> = (c) => {
    document ??= openApiDocument();
    return answerTagged(c, document, ASK_ANEW);
  };

  return { 'GET /openapi.json': get };
}
