import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { apiKeyOf } from './api-key.ts';
import { incidentPageSchema, type ListedIncident } from './incident-view.ts';
import { type IssuedKey, issuedKeySchema, type KeyView, keyPageSchema } from './key-view.ts';
import { type ApiAddress, type ApiAnswer, ask, askPatiently } from './request.ts';
import { type RunSummary, type RunView, runSummarySchema, runViewSchema } from './run-view.ts';

export interface RunRequest {
  pipelineName: string;
  userPrompt: string;
  workingDirectory: string;
  host?: string;
}

export interface KeyRequest {
  name: string;
  scopes: string[];
  /** ISO 8601. */
  expiresAt?: string;
}

export type Listing = 'pipelines' | 'environments' | 'hosts';

export type ControlOrder = 'cancel' | 'resume' | 'retry-now';

/** An answer of the API, and what of it a terminal shows. */
export interface Answer<T> {
  view: T;
  /** All that the API said. */
  document: unknown;
  etag: string | null;
}

const TIMEOUT_MS = 10_000;
const POST_PATIENCE_MS = 5_000;
const LONG_POLL_SECONDS = 30;
const FOLLOW_PATIENCE_MS = 60_000;

/** The API as the commands use it. Every call throws a UsageError that says what to do next. */
export class Client {
  readonly #api: ApiAddress;

  constructor(api: ApiAddress) {
    this.#api = api;
  }

  static async open(config: Config): Promise<Client> {
    return new Client({ url: config.url, apiKey: await apiKeyOf(config) });
  }

  /** Posts a run. Repeated with the same key where the answer was lost, so that there is one run. */
  async startRun(request: RunRequest): Promise<{ id: string; document: unknown }> {
    const idempotencyKey = randomUUID();
    const post = {
      method: 'POST' as const,
      path: '/v1/runs',
      headers: { 'idempotency-key': idempotencyKey },
      body: request,
      timeoutMs: TIMEOUT_MS,
    };
    const { body } = await askPatiently(this.#api, post, { patienceMs: POST_PATIENCE_MS });
    return { id: z.object({ id: z.string() }).parse(body).id, document: body };
  }

  /** Asks for an environment reset. Not repeated by itself: two resets are one too many. */
  async resetEnvironment(
    environment: string,
    order: { type: string; confirm?: string; preempt?: boolean; host?: string },
  ): Promise<{ id: string; document: unknown }> {
    const { body } = await ask(this.#api, {
      method: 'POST',
      path: `/v1/environments/${encodeURIComponent(environment)}/reset`,
      body: order,
      timeoutMs: TIMEOUT_MS,
    });
    return { id: z.object({ id: z.string() }).parse(body).id, document: body };
  }

  /** Takes a hand in a run. Not repeated by itself: the second answer would speak of the first order. */
  async control(id: string, order: ControlOrder): Promise<Answer<RunView>> {
    const path = `${runPath(id)}/${order}`;
    return runAnswer(await ask(this.#api, { method: 'POST', path, timeoutMs: TIMEOUT_MS }));
  }

  async readRun(id: string): Promise<Answer<RunView>> {
    return runAnswer(await ask(this.#api, { method: 'GET', path: runPath(id), timeoutMs: TIMEOUT_MS }));
  }

  /**
   * The run once it differs from what `etag` stands for; `null` where nothing changed for 30 s.
   * An API that is away is waited for, 60 s at most.
   */
  async nextRun(id: string, etag: string, onWait: (reason: string) => void): Promise<Answer<RunView> | null> {
    const request = {
      method: 'GET' as const,
      path: `${runPath(id)}?wait=${LONG_POLL_SECONDS}`,
      headers: { 'if-none-match': etag },
      timeoutMs: LONG_POLL_SECONDS * 1000 + TIMEOUT_MS,
    };
    const answer = await askPatiently(this.#api, request, { patienceMs: FOLLOW_PATIENCE_MS, onWait });
    return answer.status === 304 ? null : runAnswer(answer);
  }

  /** The newest first. */
  async listRuns(filter: { statuses: readonly string[]; limit: string }): Promise<Answer<RunSummary[]>> {
    const query = new URLSearchParams({ limit: filter.limit });
    if (filter.statuses.length > 0) query.set('status', filter.statuses.join(','));
    const { body, etag } = await ask(this.#api, {
      method: 'GET',
      path: `/v1/runs?${query}`,
      timeoutMs: TIMEOUT_MS,
    });
    const { items } = z.object({ items: z.array(runSummarySchema) }).parse(body);
    return { view: items, document: body, etag };
  }

  /** The newest first. */
  async listIncidents(filter: {
    statuses: readonly string[];
    environment?: string | undefined;
    limit: string;
  }): Promise<Answer<ListedIncident[]>> {
    const query = new URLSearchParams({ limit: filter.limit });
    if (filter.statuses.length > 0) query.set('status', filter.statuses.join(','));
    if (filter.environment !== undefined) query.set('environment', filter.environment);
    const { body, etag } = await ask(this.#api, {
      method: 'GET',
      path: `/v1/incidents?${query}`,
      timeoutMs: TIMEOUT_MS,
    });
    return { view: incidentPageSchema.parse(body).items, document: body, etag };
  }

  /** The names of all pipelines, environments or hosts. */
  async listNames(listing: Listing): Promise<string[]> {
    const { body } = await ask(this.#api, {
      method: 'GET',
      path: `/v1/${listing}`,
      timeoutMs: TIMEOUT_MS,
    });
    return namesSchema
      .parse(body)
      .items.map(({ id, name }) => (listing === 'pipelines' ? (id ?? name) : name));
  }

  async readReport(incidentId: string): Promise<unknown> {
    return (await ask(this.#api, { method: 'GET', path: reportPath(incidentId), timeoutMs: TIMEOUT_MS }))
      .body;
  }

  /** The report for people, as Markdown. */
  async readReportText(incidentId: string): Promise<string> {
    const { body } = await ask(this.#api, {
      method: 'GET',
      path: reportPath(incidentId),
      headers: { accept: 'text/markdown' },
      timeoutMs: TIMEOUT_MS,
    });
    return z.string().parse(body);
  }

  /** Not repeated by itself: the key of an answer that was lost would work, and nobody would have it. */
  async createKey(request: KeyRequest): Promise<Answer<IssuedKey>> {
    const { body, etag } = await ask(this.#api, {
      method: 'POST',
      path: '/v1/keys',
      body: request,
      timeoutMs: TIMEOUT_MS,
    });
    return { view: issuedKeySchema.parse(body), document: body, etag };
  }

  /** All of them, the newest first, page by page. */
  async listKeys(): Promise<KeyView[]> {
    const keys: KeyView[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = new URLSearchParams({ limit: '200', ...(cursor !== '' && { cursor }) });
      const { body } = await ask(this.#api, {
        method: 'GET',
        path: `/v1/keys?${query}`,
        timeoutMs: TIMEOUT_MS,
      });
      const { items, nextCursor } = keyPageSchema.parse(body);
      keys.push(...items);
      cursor = nextCursor;
    }
    return keys;
  }

  async revokeKey(id: string): Promise<void> {
    const path = `/v1/keys/${encodeURIComponent(id)}`;
    await ask(this.#api, { method: 'DELETE', path, timeoutMs: TIMEOUT_MS });
  }
}

const namesSchema = z.object({ items: z.array(z.object({ id: z.string().optional(), name: z.string() })) });

function reportPath(incidentId: string): string {
  return `/v1/incidents/${encodeURIComponent(incidentId)}/report`;
}

function runPath(id: string): string {
  return `/v1/runs/${encodeURIComponent(id)}`;
}

function runAnswer({ body, etag }: ApiAnswer): Answer<RunView> {
  return { view: runViewSchema.parse(body), document: body, etag };
}
