import { readFileSync } from 'node:fs';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { streamEnd } from './events.ts';
import { type Examples, readExamples } from './examples.ts';
import { API_ROUTES, type ApiRoute, operationOf } from './index.ts';
import type { RequestBody } from './operation.ts';
import { Responses } from './responses.ts';
import { BEFORE_ANY_ROUTE, INTRODUCTION, TAGS } from './words.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const PACKAGE = new URL('../../package.json', import.meta.url);

/** The contract as OpenAPI 3.1. */
export function openApiDocument(examples: Examples = readExamples()): OpenApiDocument {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const responses = new Responses(examples);
  const paths: ZodOpenApiPathsObject = {};
  for (const route of API_ROUTES) {
    const [method = '', path = ''] = route.split(' ');
    const place = path.replace(/:(\w+)/g, '{$1}');
    paths[place] = { ...paths[place], [method.toLowerCase()]: operationObject(route, responses, examples) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Davylamp',
      version,
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key: `davy_...`.' },
      },
      // What streams tell, which the schema of a stream cannot say.
      schemas: { StreamEnd: streamEnd },
      responses: responses.named(BEFORE_ANY_ROUTE),
    },
  });
}

function operationObject(
  route: ApiRoute,
  responses: Responses,
  examples: Examples,
): ZodOpenApiOperationObject {
  const operation = operationOf(route);
  const { id, tag, scope, summary, description, params, query, headers, body } = operation;
  const scoped = scope === 'public' ? 'Needs no key.' : `Wants the scope \`${scope}\`.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: description === undefined ? scoped : `${description} ${scoped}`,
    security: scope === 'public' ? [] : [{ key: [scope] }],
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && { requestBody: requestBody(body, examples.requests[route]) }),
    responses: responses.of(route, operation),
  };
}

function requestBody({ content }: RequestBody, example: unknown) {
  const media = Object.entries(content).map(([type, schema]) => {
    const isExample = type === 'application/json' && example !== undefined;
    return [type, { schema, ...(isExample && { example }) }] as const;
  });
  return { required: true, content: Object.fromEntries(media) };
}
