import type { Context, TypedResponse } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { JSONParsed } from 'hono/utils/types';
import type { ApiEnv } from '../context.ts';
import type { ApiRoute } from '../contract/index.ts';
import type { Answers, Taken } from '../contract/types.ts';

/** A request whose parts were checked against the contract of its route. */
export type RouteContext<R extends ApiRoute> = Context<ApiEnv, string, { out: Taken<R> }>;

/** What a handler may return: the documents of the contract under their statuses, no less. */
export type Answered<R extends ApiRoute> = ResponseOf<Answers<R>>;

type ResponseOf<A> = A extends { status: infer S extends StatusCode; type: infer T; document: infer D }
  ? Response &
      (T extends 'application/json' ? TypedResponse<D, S, 'json'> : TypedResponse<unknown, S, string>)
  : never;

/** A handler of a route; it finds what the request holds in `c.req.valid`. */
export type RouteHandler<R extends ApiRoute> = (c: RouteContext<R>) => Answered<R> | Promise<Answered<R>>;

/** A document as it is once it was sent as JSON. */
export type Json<T> = JSONParsed<T>;
