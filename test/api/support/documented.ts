import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../../api/contract/document.ts';
import { API_ROUTES, type ApiRoute, operationOf } from '../../../api/contract/index.ts';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPES } from '../../../api/contract/problems.ts';

interface Media {
  schema?: { allOf?: { properties?: { type?: { enum?: string[] } } }[] };
}

interface Response {
  $ref?: string;
  content?: Record<string, Media>;
  headers?: Record<string, unknown>;
}

/** An answer as it came. */
export interface Seen {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON. */
  body: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: a document is looked into by pointers
export const DOCUMENT: any = JSON.parse(JSON.stringify(openApiDocument()));

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
addFormats.default(ajv);
ajv.addSchema(DOCUMENT, 'openapi.json', false, false);
const validators = new Map<string, ValidateFunction>();

/** The documented answers that were seen in this test file so far, and how they looked first. */
export const seenAnswers = new Map<string, unknown>();

/** The problems among them, by code. */
export function seenProblems(): Record<string, unknown> {
  const problems = [...seenAnswers].filter(([, body]) => isProblem(body));
  return Object.fromEntries(problems.map(([answer, body]) => [answer.split(' ').at(-1) ?? '', body]));
}

function isProblem(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && 'type' in body && String(body.type).startsWith(PROBLEM_TYPES)
  );
}

/** All answers that the document knows, such as `GET /v1/runs/:id 200 application/json` or `... 404 unknown-run`. */
export function documentedAnswers(): string[] {
  return API_ROUTES.flatMap((route) =>
    Object.entries(responsesOf(route)).flatMap(([status, response]) =>
      kindsOf(response).map((kind) => `${route} ${status} ${kind}`),
    ),
  );
}

function kindsOf(response: Response): string[] {
  const { content = {} } = resolve(response).response;
  if (Object.keys(content).length === 0) return ['empty'];
  return Object.entries(content).flatMap(([type, { schema }]) =>
    type === PROBLEM_MEDIA_TYPE ? codesOf(schema) : [type],
  );
}

function codesOf(schema: Media['schema']): string[] {
  const types = schema?.allOf?.flatMap(({ properties }) => properties?.type?.enum ?? []) ?? [];
  return types.map((type) => type.replace(PROBLEM_TYPES, ''));
}

/** The route that a request is for; `null`: none of the contract's. */
export function routeOf(method: string, path: string): ApiRoute | null {
  const asked = path.split('?')[0] ?? '';
  return (
    API_ROUTES.find((route) => {
      const [of = '', pattern = ''] = route.split(' ');
      return (
        of === method &&
        new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`).test(asked)
      );
    }) ?? null
  );
}

/**
 * Which of the documented answers of the route this is.
 * @throws Error where it is none, or not as the document says.
 */
export function judge(route: ApiRoute, { status, headers, body }: Seen): string {
  const response = responsesOf(route)[status];
  const said = () => `${route} answered ${status} ${JSON.stringify(body)?.slice(0, 2_000)}`;
  if (response === undefined) throw new Error(`${said()}, which is not documented`);
  const { response: found, pointer } = resolve(response, route, status);
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
  const known = found.content ?? {};
  if (Object.keys(known).length === 0) {
    if (body !== '') throw new Error(`${said()}, which should be empty`);
    assertHeaders(route, status, headers);
    return `${route} ${status} empty`;
  }
  if (known[type] === undefined) throw new Error(`${said()} as ${type}, which is not documented`);
  const validate = validatorOf(`${pointer}/content/${inPointer(type)}/schema`);
  if (!validate(body))
    throw new Error(`${said()}, which is not as documented: ${ajv.errorsText(validate.errors)}`);
  if (type === PROBLEM_MEDIA_TYPE)
    return `${route} ${status} ${String((body as { type: string }).type).replace(PROBLEM_TYPES, '')}`;
  assertHeaders(route, status, headers);
  return `${route} ${status} ${type}`;
}

/** A problem that was answered before a request got to a route: whether the document has it as this component. */
export function judgeProblem(component: string, body: unknown): void {
  const validate = validatorOf(
    `#/components/responses/${component}/content/${inPointer(PROBLEM_MEDIA_TYPE)}/schema`,
  );
  if (!validate(body))
    throw new Error(`${JSON.stringify(body)} is no ${component}: ${ajv.errorsText(validate.errors)}`);
}

/** Whether a value is as that schema of the document says. */
export function judgeSchema(name: string, value: unknown): void {
  const validate = validatorOf(`#/components/schemas/${name}`);
  if (!validate(value))
    throw new Error(`${JSON.stringify(value)} is no ${name}: ${ajv.errorsText(validate.errors)}`);
}

function assertHeaders(route: ApiRoute, status: number, headers: Headers): void {
  const missing = operationOf(route).answers[status]?.headers?.filter((name) => !headers.has(name)) ?? [];
  if (missing.length > 0) throw new Error(`${route} answered ${status} without ${missing.join(', ')}`);
}

function responsesOf(route: ApiRoute): Record<string, Response> {
  return operationIn(route).responses;
}

/** What the document says of a route. */
export function operationIn(route: ApiRoute) {
  const { path, method } = placeOf(route);
  return DOCUMENT.paths[path][method];
}

function placeOf(route: ApiRoute) {
  const [method = '', path = ''] = route.split(' ');
  return { method: method.toLowerCase(), path: path.replace(/:(\w+)/g, '{$1}') };
}

function resolve(
  response: Response,
  route?: ApiRoute,
  status?: number,
): { response: Response; pointer: string } {
  if (response.$ref !== undefined) {
    const name = response.$ref.split('/').at(-1) ?? '';
    return { response: DOCUMENT.components.responses[name], pointer: response.$ref };
  }
  if (route === undefined) return { response, pointer: '' };
  const { path, method } = placeOf(route);
  return { response, pointer: `#/paths/${inPointer(path)}/${method}/responses/${status}` };
}

function validatorOf(pointer: string): ValidateFunction {
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi.json${pointer}` });
  validators.set(pointer, known);
  return known;
}

/** As a JSON pointer within a URI has it. */
function inPointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
