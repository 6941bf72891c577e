import type { ServerResponse } from 'node:http';
import type { Context, Handler, MiddlewareHandler } from 'hono';
import type { Reach } from '../core/failpoint.ts';
import type { Log } from '../core/log.ts';
import type { WebhookAllowance } from '../core/webhook.ts';
import type { Database } from '../db/connection.ts';
import type { Caller } from '../db/keys.ts';
import type { Visitor } from '../db/sessions.ts';
import type { Resolve } from '../outside/post.ts';
import type { BullDispatcher } from '../queue/dispatcher.ts';
import type { StreamTimes } from './events/event-stream.ts';
import type { StreamSlotsMax } from './events/stream-slots.ts';
import type { PipelineLibrary } from './runs/pipeline-library.ts';

/** What the API works with. */
export interface ApiParts {
  database: Database;
  dispatcher: BullDispatcher;
  pipelines: PipelineLibrary;
  webhookAllowance: WebhookAllowance;
  /** How many event streams there may be, and how long they wait; the usual unless told otherwise. */
  eventStreams?: Partial<StreamSlotsMax & StreamTimes>;
  /** How many long polls there may be at once; the usual unless told otherwise. */
  longPollsMax?: number;
  /** How webhooks' hosts are looked up; as the system does it unless told otherwise. */
  resolveOutside?: Resolve;
  /** Failpoints; none unless told otherwise. */
  reach?: Reach;
  /** How many times the usual budgets of requests; `null`: no limits. */
  rateLimit?: number | null;
  log: Log;
}

/** What a request carries from one step of its handling to the next. */
export interface ApiEnv {
  /** What the server adds to a request. */
  Bindings: {
    outgoing?: ServerResponse;
    /** The server closes: whatever goes on without end should come to one. */
    closing?: AbortSignal;
  };
  Variables: {
    requestId: string;
    /** The database under the time that is left for this request. */
    database: Database;
    /** Who asks; set once the key was checked. */
    caller: Caller | Visitor | undefined;
    /** What the request changes, for the audit log, where its path does not say. */
    target: string | undefined;
  };
}

export type ApiContext = Context<ApiEnv>;
export type ApiHandler = Handler<ApiEnv>;
export type ApiMiddleware = MiddlewareHandler<ApiEnv>;
