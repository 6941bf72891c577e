import { zValidator } from '@hono/zod-validator';
import type { z } from 'zod';
import { zodProblems } from '../../core/errors.ts';
import type { ApiMiddleware } from '../context.ts';
import type { Operation, RequestBody } from '../contract/operation.ts';
import { readBody, readJson } from './body.ts';
import { openEnvelope } from './envelope.ts';
import { invalid, valid } from './request.ts';
import { unknown } from './unknown.ts';

/** Checks a request against the contract of its route, before its handler sees it. */
export function validators({
  params,
  unknown: problems = {},
  query,
  headers,
  body,
}: Operation): ApiMiddleware[] {
  return [
    ...(params ? [validParams(params, problems)] : []),
    ...(query ? [validQuery(query)] : []),
    ...(headers ? [validHeaders(headers)] : []),
    ...(body ? [validBody(body)] : []),
  ];
}

/** What cannot be the id of anything is the id of nothing. */
function validParams(schema: z.ZodObject, problems: NonNullable<Operation['unknown']>): ApiMiddleware {
  return zValidator('param', schema, (result) => {
    if (!result.success) throw unknown(problems[zodProblems(result.error)[0]?.path ?? ''] ?? 'not-found');
  });
}

/** What the schema does not know, or what is there twice, is an error. */
function validQuery(schema: z.ZodObject): ApiMiddleware {
  return zValidator('query', schema, (result) => {
    if (result.success) return;
    const values: Record<string, unknown> = result.data;
    const isRepeated = ({ path }: { path: string }) => Array.isArray(values[path]);
    const problems = zodProblems(result.error).map((found) =>
      isRepeated(found) ? { ...found, message: 'must be there once at most' } : found,
    );
    throw invalid(problems);
  });
}

function validHeaders(schema: z.ZodObject): ApiMiddleware {
  return zValidator('header', schema, (result) => {
    if (!result.success) throw invalid(zodProblems(result.error));
  });
}

/**
 * Not by zValidator, which reads all that comes before it looks, takes another content type for an empty body, and
 * has one word for everything that is wrong with JSON.
 */
function validBody({ content, maxBytes }: RequestBody): ApiMiddleware {
  const schema = content['application/json'];
  if (schema === undefined) throw new Error('every body can be sent as JSON');
  return async (c, next) => {
    const { mediaType, text } = await readBody(c, Object.keys(content), maxBytes);
    const json = readJson(mediaType === 'text/plain' ? openEnvelope(text) : text);
    c.req.addValidatedData('json', valid(schema, json) as object);
    await next();
  };
}
