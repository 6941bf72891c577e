import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { RunEvent } from '../../../core/run.ts';
import { createKey } from '../../../db/keys.ts';
import { addEnvironment, ask, HOST, postRun, startApi, type TestApi } from '../support/api.ts';
import { judge, judgeProblem, routeOf } from '../support/documented.ts';
import { driveRun } from '../support/drive.ts';
import { type FuzzRequest, requests } from './requests.ts';
import type { Words } from './values.ts';

const DEADLINE_MS = 10_000;

export interface Tally {
  requests: number;
  /** How many were answered so, by status. */
  statuses: Map<number, number>;
  /** Routes that were answered with 2xx at least once. */
  reached: Set<string>;
}

/**
 * Sends so many requests, each with a deadline.
 * @throws the smallest request whose answer is none of the document's, or does not come.
 */
export async function fuzz({ seed, count }: { seed: number; count: number }): Promise<Tally> {
  const api = await startApi({
    rateLimit: null,
    resolveOutside: () => Promise.reject(new Error('no such host')),
  });
  const tally: Tally = { requests: 0, statuses: new Map(), reached: new Set() };
  const property = fc.asyncProperty(requests(await wordsOf(api)), async (request) => {
    const status = await send(api, request);
    tally.requests++;
    tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
    if (status < 300) tally.reached.add(request.route);
  });
  await fc.assert(property, { seed, numRuns: count });
  const failures = api.logs.filter(({ level }) => level === 'error');
  if (failures.length > 0) throw new Error(`the log says ${JSON.stringify(failures.slice(0, 3))}`);
  return tally;
}

async function send(api: TestApi, { route, path, headers, body }: FuzzRequest): Promise<number> {
  const [method = ''] = route.split(' ');
  const response = await fetch(`${api.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${api.key}`, ...headers },
    ...(body !== null && { body }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const type = response.headers.get('content-type') ?? '';
  const isStream = type === 'text/event-stream';
  const text = isStream ? 'a stream' : await response.text();
  if (isStream) await response.body?.cancel();
  const document = /json/.test(type) ? JSON.parse(text) : text;
  const reached = routeOf(method, new URL(response.url).pathname);
  if (response.status === 431) judgeProblem('HeadersTooLarge', document);
  else if (reached === null) judgeProblem('NotFound', document);
  else judge(reached, { status: response.status, headers: response.headers, body: document });
  return response.status;
}

const HOOK = { url: 'https://hooks.example.com/' };
/** Enough for some to be left while others are deleted. */
const WEBHOOKS = 30;

const FAILED: RunEvent[] = [
  { type: 'begun' },
  { type: 'stage_failed', failure: { code: 'timeout', message: 'too late' } },
  { type: 'begun' },
];
const WAITING: RunEvent[] = [
  ...FAILED,
  { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still down' } },
];
const HOPELESS: RunEvent[] = [
  ...FAILED,
  {
    type: 'recovery_finished',
    outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'broken' } },
  },
];

/** Makes something of everything, and tells what it is called. */
async function wordsOf(api: TestApi): Promise<Words> {
  const hooks: string[] = [];
  for (let nth = 0; nth < WEBHOOKS; nth++)
    hooks.push((await ask(api, '/v1/webhooks', { body: HOOK })).body.id);
  const { body: escalated } = await postRun(api);
  await driveRun(api.database, escalated.id, HOPELESS);
  const cellar = join(api.root, 'cellar');
  await addEnvironment(api.database, { host: HOST, name: 'cellar', workingDirectory: cellar });
  const { body: waiting } = await postRun(api, { workingDirectory: cellar });
  await driveRun(api.database, waiting.id, WAITING);
  const { body: run } = await postRun(api);
  const { body: incidents } = await ask(api, '/v1/incidents');
  const { body: deliveries } = await ask(api, `/v1/webhooks/${hooks[0]}/deliveries`);
  const { body: page } = await ask(api, '/v1/runs?limit=1');
  const { headers } = await ask(api, `/v1/runs/${run.id}`);
  const key = (await createKey(api.database, 'other', ['read'])).split('_')[1] ?? '';
  const pipelines = readdirSync(join(import.meta.dirname, '../../../pipelines'));
  return {
    'runs.id': [run.id, escalated.id, waiting.id],
    'incidents.id': [incidents.items[0].id],
    'webhooks.id': hooks,
    'keys.id': [key],
    noticeId: [deliveries.items[0].noticeId],
    name: ['lab', 'cellar'],
    environment: ['lab'],
    environments: ['lab'],
    confirm: ['lab'],
    component: ['daemon'],
    host: [HOST],
    pipelineName: pipelines.map((file) => file.replace('.json', '')),
    pipeline: ['mining-health-check'],
    workingDirectory: [api.lab, cellar, api.root],
    url: ['https://hooks.example.com/', 'http://127.0.0.1/'],
    key: [key],
    route: ['POST /v1/runs'],
    cursor: [page.nextCursor],
    'If-None-Match': [headers.get('etag') ?? '', '*'],
  };
}
