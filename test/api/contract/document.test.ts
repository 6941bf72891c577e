import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, test } from 'vitest';
import { createApi } from '../../../api/app.ts';
import { API_ROUTES } from '../../../api/contract/index.ts';
import { PROBLEMS } from '../../../api/contract/problems.ts';
import { PAGE_ACCESS } from '../../../api/pages/access.ts';
import { ask, startApi } from '../support/api.ts';
import { DOCUMENT, documentedAnswers } from '../support/documented.ts';

const text = JSON.stringify(DOCUMENT);

test('a public validator finds nothing wrong with the document', async () => {
  const config = await createConfig({
    extends: ['recommended-strict'],
    rules: {
      // Probes cannot be called in a wrong way.
      'operation-4xx-response': 'off',
      // What streams tell, and what is answered to a request that reaches no route, is referred to in words.
      'no-unused-components': 'off',
    },
  });
  const found = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  expect(found.map(({ message, location }) => `${location[0]?.pointer}: ${message}`)).toEqual([]);
});

test('the validator does find what is wrong', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const source = text.replace('"#/components/schemas/RunPage"', '"#/components/schemas/Nothing"');
  const found = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  expect(found.map(({ ruleId }) => ruleId)).toContain('no-unresolved-refs');
});

test('what is mounted is in the document, and the other way round', () => {
  const app = createApi({ log: () => {} } as unknown as Parameters<typeof createApi>[0]);
  const mounted = new Set(
    app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`),
  );
  const boards = [...mounted].filter((route) => route.includes(' /queues'));
  const pages = Object.keys(PAGE_ACCESS);
  const documented = Object.entries<object>(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(documented.sort()).toEqual([...API_ROUTES].sort());
  expect([...mounted].sort()).toEqual([...documented, ...pages, ...boards].sort());
});

test('problems that no caller of the API meets are those of pages and of our own mistakes', () => {
  const met = Object.keys(PROBLEMS).filter((code) => text.includes(`/problems/${code}"`));
  const others = Object.keys(PROBLEMS).filter((code) => !met.includes(code));
  expect(others).toEqual(['csrf', 'internal-error', 'queue-unavailable']);
  expect(documentedAnswers().length).toBeGreaterThan(250);
});

test('every operation has a name of its own, and words', () => {
  const operations = Object.values<Record<string, { operationId: string; summary: string }>>(
    DOCUMENT.paths,
  ).flatMap((methods) => Object.values(methods));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(API_ROUTES.length);
  expect(operations.filter(({ summary }) => !/^[A-Z].*[^.]$/.test(summary))).toEqual([]);
});

test('it is served to everybody, and not again to who has it', async () => {
  const api = await startApi();
  const first = await ask(api, '/openapi.json', { key: null });
  expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(first.body).toEqual(DOCUMENT);
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  expect((await ask(api, '/openapi.json', { key: null, headers })).status).toBe(304);
});
