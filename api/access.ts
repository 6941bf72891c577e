import type { Scope } from '../core/scope.ts';
import { API_ROUTES, type ApiRoute, operationOf } from './contract/index.ts';

/** The routes that are there for browsers: pages and what they are made of. They are not in the contract. */
const PAGES = {
  'GET /sign-in': 'public',
  'POST /session': 'public',
  'GET /docs': 'public',
  'GET /docs/:file': 'public',
} as const satisfies Record<string, Scope | 'public'>;

export type PageRoute = keyof typeof PAGES;

export function isPage(route: Route): route is PageRoute {
  return route in PAGES;
}
export type Route = ApiRoute | PageRoute;

/**
 * Every route with the scope that it wants. A route that is not in this table does not exist, and one without
 * a handler does not compile.
 */
export const ACCESS = {
  ...PAGES,
  ...Object.fromEntries(API_ROUTES.map((route) => [route, operationOf(route).scope])),
} as Readonly<Record<Route, Scope | 'public'>>;

/** The scope of the queue dashboard, for everything at and below `/queues`. */
export const DASHBOARD_SCOPE: Scope = 'admin';
