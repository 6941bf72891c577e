import fc from 'fast-check';
import { API_ROUTES, type ApiRoute } from '../../../api/contract/index.ts';
import { operationIn } from '../support/documented.ts';
import { nasty, nearly, type Schema, valid, type Words } from './values.ts';

export interface FuzzRequest {
  route: ApiRoute;
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

interface Parameter {
  in: 'path' | 'query' | 'header';
  name: string;
  schema: Schema;
}

type Pairs = [name: string, value: string][];

/** Requests of every operation of the document: good ones, and ones that are not quite good. */
export function requests(words: Words): fc.Arbitrary<FuzzRequest> {
  return fc
    .constantFrom(...API_ROUTES)
    .chain((route) => requestFor(route, { ...words, id: idsIn(route, words) }));
}

/** An id is one of the things that the path is about: `/v1/runs/:id`. */
function idsIn(route: ApiRoute, words: Words): readonly string[] {
  return words[`${route.split('/')[2]}.id`] ?? ['x'];
}

function requestFor(route: ApiRoute, words: Words): fc.Arbitrary<FuzzRequest> {
  const { parameters = [], requestBody } = operationIn(route);
  const of = (place: Parameter['in']) => parameters.filter((parameter: Parameter) => parameter.in === place);
  return fc
    .record({
      params: pairs(of('path'), words, 0.1),
      query: fc.tuple(pairs(of('query'), words, 0.2), stranger).map(([known, more]) => [...known, ...more]),
      headers: pairs(of('header'), words, 0.2),
      accept: fc.constantFrom('application/json', 'text/markdown', '*/*'),
      body: requestBody ? body(requestBody.content, words) : fc.constant(null),
    })
    .map(({ params, query, headers, accept, body }) => ({
      route,
      path: `${pathOf(route, new Map(params))}${query.length > 0 ? `?${new URLSearchParams(query)}` : ''}`,
      headers: {
        accept,
        ...Object.fromEntries(headers.filter(([, value]) => isHeader(value))),
        ...body?.headers,
      },
      body: body?.text ?? null,
    }));
}

/** Parameters as text. Those of a path are all there, of others some. */
function pairs(parameters: readonly Parameter[], words: Words, nastyShare: number): fc.Arbitrary<Pairs> {
  const each = parameters.map(({ in: place, name, schema }) => {
    const good = name === 'wait' ? fc.constantFrom(0, 1) : valid(schema, words, name);
    const value = fc.oneof(
      { weight: 100 * (1 - nastyShare), arbitrary: good.map(String) },
      { weight: 100 * nastyShare, arbitrary: nasty },
    );
    const found = place === 'path' ? value : fc.option(value, { freq: 2 });
    return found.map((found) => ({ name, found }));
  });
  return fc
    .tuple(...each)
    .map((all) => all.flatMap(({ name, found }): Pairs => (found === null ? [] : [[name, found]])));
}

/** Now and then a parameter that nobody knows, or one that is there twice. */
const stranger: fc.Arbitrary<Pairs> = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Pairs>([]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('limit', 'status', 'x', '__proto__', 'key'), nasty)
      .map((pair): Pairs => [pair]),
  },
);

function body(content: Record<string, { schema: Schema }>, words: Words) {
  const good = valid(content['application/json']?.schema ?? {}, words);
  const values = fc.oneof({ weight: 3, arbitrary: good }, { weight: 2, arbitrary: nearly(good) });
  const json = values.map((value) => JSON.stringify(value) ?? '');
  const texts = fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 1, arbitrary: json.map((text) => text.slice(1)) },
  );
  const types = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'x', '') },
  );
  return fc.tuple(texts, types).map(([text, type]) => ({
    text: type === 'text/plain' ? `Do it: [PIPELINE-EXECUTE] ${text}` : text,
    headers: { 'content-type': type },
  }));
}

function pathOf(route: ApiRoute, params: ReadonlyMap<string, string>): string {
  const pattern = route.split(' ')[1] ?? '';
  return pattern.replace(/:(\w+)/g, (_, name: string) => inPath(params.get(name) ?? ''));
}

/** Whole, and never what fetch would make another path of. */
function inPath(value: string): string {
  const text = value.toWellFormed();
  return /^(\.|%2e){0,2}$/i.test(text) ? 'x' : encodeURIComponent(text);
}

/** What fetch sends at all. */
function isHeader(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
