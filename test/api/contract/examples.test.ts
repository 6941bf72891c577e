import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXAMPLES_FILE, readExamples } from '../../../api/contract/examples.ts';
import { API_ROUTES, type ApiRoute, operationOf } from '../../../api/contract/index.ts';
import { problem } from '../../../api/contract/problems.ts';
import { tryToTake } from '../../../drill/squatter.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { type Davylamp, startDavylamp } from '../../support/davylamp.ts';
import { needs } from '../../support/packages.ts';
import { receiver } from '../../worker/notices/receiver.ts';
import { documentedAnswers, judge } from '../support/documented.ts';
import { RECORDS, record } from '../support/record.ts';

const { requests, answers, problems } = readExamples();

test.skipIf(RECORDS)('every example is as its schema says', () => {
  for (const [route, examples] of Object.entries(answers))
    for (const [kind, body] of Object.entries(examples)) {
      const [status = '', type = ''] = kind.split(' ');
      const schema = operationOf(route as ApiRoute).answers[Number(status)]?.content?.[type];
      expect(schema?.safeParse(body).error, `${route} ${kind}`).toBeUndefined();
    }
  for (const [code, body] of Object.entries(problems)) {
    expect(problem.safeParse(body).error, code).toBeUndefined();
    expect(body).toMatchObject({ type: `https://davylamp.dev/problems/${code}` });
  }
  for (const [route, body] of Object.entries(requests)) {
    const schema = operationOf(route as ApiRoute).body?.content['application/json'];
    expect(schema?.safeParse(body).error, route).toBeUndefined();
  }
});

test.skipIf(RECORDS)('there is one for every request, every document and every problem', () => {
  const documented = documentedAnswers().map((answer) => answer.split(' '));
  const documents = documented.filter(([, , , kind]) => kind === 'application/json');
  const codes = new Set(documented.map(([, , , kind = '']) => kind).filter((kind) => /^[a-z-]+$/.test(kind)));
  expect(
    documents
      .filter(
        ([method, path, status, kind]) => answers[`${method} ${path}`]?.[`${status} ${kind}`] === undefined,
      )
      .map((parts) => parts.join(' ')),
  ).toEqual(['GET /openapi.json 200 application/json']);
  expect([...codes].filter((code) => code !== 'empty' && problems[code] === undefined)).toEqual([]);
  expect(API_ROUTES.filter((route) => operationOf(route).body && requests[route] === undefined)).toEqual([]);
});

test.skipIf(RECORDS)('they tell nothing of the machine on which they were recorded', async () => {
  const text = await readFile(EXAMPLES_FILE, 'utf8');
  for (const secret of [
    /\/tmp\b/,
    /\/root\b/,
    /\/home\b/,
    /davy_(?!0{16}_0{64})[0-9a-f]{16}_/,
    /whsec_(?!A{43}=)/,
  ])
    expect(text).not.toMatch(secret);
});

const SETUP = 'mining-infrastructure-setup';

const recorded = RECORDS ? needs('litecoind').describe : describe.skip;
recorded('recorded from the running system (npm run examples)', () => {
  test('a stack is set up, broken, healed, broken beyond repair, and reset', {
    timeout: 300_000,
  }, async () => {
    const davylamp = await startDavylamp({ webhookAllow: '127.0.0.1' });
    const { ask, seen } = recorder(davylamp);
    const { url } = await receiver((response, nth) => response.writeHead(nth === 1 ? 204 : 503).end());
    await ask('GET /healthz', '/healthz');
    await ask('GET /readyz', '/readyz');
    await ask('GET /v1/pipelines', '/v1/pipelines');
    const draft = { id: 'draft', name: 'Draft', stages: [{ id: 'one', name: 'One', agent: 'nobody' }] };
    await ask('POST /v1/pipelines/validate', '/v1/pipelines/validate', draft);
    const webhook = await ask('POST /v1/webhooks', '/v1/webhooks', { url, environments: ['lab'] });
    const request = {
      pipelineName: SETUP,
      userPrompt: 'Set up the stack',
      workingDirectory: davylamp.labDirectory,
    };
    const { id } = await ask('POST /v1/runs', '/v1/runs', request);
    await ask('POST /v1/webhooks/:id/test', `/v1/webhooks/${webhook.id}/test`);
    await davylamp.untilFinished(id);

    const release = await takePorts(davylamp);
    await breakPool(davylamp);
    const waiting = await first(davylamp, '/v1/runs?status=waiting_retry');
    await release();
    await ask('POST /v1/runs/:id/retry-now', `/v1/runs/${waiting.id}/retry-now`);
    await first(davylamp, '/v1/incidents?status=resolved');
    await writeFile(join(davylamp.labDirectory, 'pool/pool.json'), '{');
    await breakPool(davylamp);
    await first(davylamp, '/v1/incidents?status=escalated');
    const [escalated, healed] = (await ask('GET /v1/incidents', '/v1/incidents')).items;
    await ask('GET /v1/incidents/:id', `/v1/incidents/${healed.id}`);
    await ask('GET /v1/incidents/:id/report', `/v1/incidents/${escalated.id}/report`);
    await ask('GET /v1/runs', '/v1/runs?limit=2');
    await ask('GET /v1/runs/:id', `/v1/runs/${healed.runId}`);
    await ask('GET /v1/runs/:id/attempts', `/v1/runs/${healed.runId}/attempts`);
    await ask('GET /v1/runs/:id/events', `/v1/runs/${healed.runId}/events?limit=4`);
    await ask('GET /v1/events', '/v1/events?limit=4');
    await ask('GET /v1/hosts', '/v1/hosts');
    await ask('GET /v1/environments', '/v1/environments');
    await ask('GET /v1/environments/:name', '/v1/environments/lab');
    await ask('GET /v1/recovery/metrics', '/v1/recovery/metrics');

    await ask('GET /v1/webhooks', '/v1/webhooks');
    const deliveries = await ask('GET /v1/webhooks/:id/deliveries', `/v1/webhooks/${webhook.id}/deliveries`);
    const { noticeId } = deliveries.items[0];
    const retry = 'POST /v1/webhooks/:id/deliveries/:noticeId/retry';
    await ask(retry, `/v1/webhooks/${webhook.id}/deliveries/${noticeId}/retry`);

    await ask('POST /v1/keys', '/v1/keys', { name: 'dashboard', scopes: ['read'] });
    await ask('GET /v1/keys', '/v1/keys');
    await ask('POST /v1/environments/:name/maintenance', '/v1/environments/lab/maintenance', {
      reason: 'new disk',
    });
    const reset = await ask('POST /v1/environments/:name/reset', '/v1/environments/lab/reset', {
      type: 'full',
      confirm: 'lab',
    });
    await ask('POST /v1/runs/:id/cancel', `/v1/runs/${reset.id}/cancel`);
    await davylamp.untilFinished(reset.id, 120_000);
    await ask('POST /v1/runs/:id/resume', `/v1/runs/${escalated.runId}/resume`);
    await ask('GET /v1/audit', '/v1/audit');
    record(seen);
  });
});

/** Asks a running Davylamp and keeps what was said, by route. */
function recorder(davylamp: Davylamp) {
  const seen = {
    requests: {} as Record<string, unknown>,
    answers: {} as Record<string, Record<string, unknown>>,
  };
  // biome-ignore lint/suspicious/noExplicitAny: a recording is looked into as needed
  const ask = async (route: ApiRoute, path: string, body?: object): Promise<any> => {
    const response = await davylamp.fetch(path, {
      method: route.split(' ')[0] ?? '',
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { status, headers } = response;
    const document = await response.json();
    judge(route, { status, headers, body: document });
    if (!response.ok) throw new Error(`${route}: ${JSON.stringify(document)}`);
    if (body) seen.requests[route] = body;
    seen.answers[route] = { [`${status} application/json`]: document };
    return document;
  };
  return { ask, seen };
}

async function breakPool(davylamp: Davylamp): Promise<void> {
  for (const pid of await davylamp.pidsOf('pool')) process.kill(pid, 'SIGKILL');
}

/** Holds every port that the pool may have. */
async function takePorts({ ports }: Davylamp): Promise<() => Promise<unknown>> {
  const taken = await Promise.all(ports.stratumFallbacks.map(tryToTake));
  // The pool has this one still: whoever asks first once it is gone gets it.
  const main = waitUntil(() => tryToTake(ports.stratum), {
    timeoutMs: 10_000,
    intervalMs: 1,
    what: 'the port of the pool is free',
  });
  return async () => {
    for (const give of [await main, ...taken]) await give?.();
  };
}

async function first(davylamp: Davylamp, path: string): Promise<{ id: string }> {
  return await waitUntil(
    async () => {
      const { items } = (await (await davylamp.fetch(path)).json()) as { items: { id: string }[] };
      return items[0] ?? null;
    },
    { timeoutMs: 120_000, intervalMs: 50, what: `there is one of ${path}` },
  );
}
