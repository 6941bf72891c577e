import { openApiDocument } from '../contract/document.ts';
import { answerWithETag } from '../http/etag.ts';
import type { RouteHandler } from '../http/route.ts';

const ASK_ANEW = 'public, no-cache';

/** The contract for machines. */
export function openApiRoutes() {
  let document: ReturnType<typeof openApiDocument> | undefined;

  const get: RouteHandler<'GET /openapi.json'> = (c) => {
    document ??= openApiDocument();
    return answerWithETag(c, document, ASK_ANEW);
  };

  return { 'GET /openapi.json': get };
}
