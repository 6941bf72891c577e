import { Hono } from 'hono';
import type { ApiEnv, ApiHandler, ApiMiddleware, ApiParts } from '../context.ts';
import { requireScope } from '../guards/auth.ts';
import { requireSameOrigin } from '../guards/origin.ts';
import { requireVisitor } from '../guards/visitor.ts';
import { mount } from '../http/mount.ts';
import { PAGE_ACCESS, type PageRoute } from './access.ts';
import { assetRoutes } from './assets.ts';
import { docsPageRoutes } from './docs/routes.ts';
import { incidentPageRoutes } from './incident/routes.tsx';
import { incidentsPageRoutes } from './incidents/routes.tsx';
import { liveRoutes } from './live.ts';
import { newRunRoutes } from './new-run/routes.tsx';
import { answerProblem } from './problem.tsx';
import { recoveryPageRoutes } from './recovery/routes.tsx';
import { resetPageRoutes } from './reset/routes.tsx';
import { runPageRoutes } from './run/routes.tsx';
import { runsPageRoutes } from './runs/routes.tsx';
import { signInRoutes } from './sign-in/routes.ts';
import { stacksRoutes } from './stacks/routes.tsx';

/**
 * The pages at `/`. How one is made: an entry in `access.ts`; a folder with `routes.tsx`, whose handler reads what is
 * to be seen and answers with `answerPage`; components that several pages share are in `parts/`, words in
 * `core/words`, styles in `assets/`. A page that names what it follows is fetched anew whenever that changes. Forms
 * are plain POSTs that end in a redirect, so that everything works without a script as well.
 */
export function pages(parts: ApiParts): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.onError((error, c) => answerProblem(error, c, parts.log));
  const handlers: Readonly<Record<PageRoute, ApiHandler>> = {
    ...assetRoutes(),
    ...signInRoutes(),
    ...docsPageRoutes(),
    ...liveRoutes(parts),
    ...stacksRoutes(),
    ...runsPageRoutes(parts),
    ...newRunRoutes(parts),
    ...runPageRoutes(parts),
    ...incidentsPageRoutes(),
    ...incidentPageRoutes(),
    ...recoveryPageRoutes(),
    ...resetPageRoutes(parts),
  };
  mount(app, handlers, guardsOf);
  return app;
}

/** Who is signed in, with the scope of the page; for forms, the origin as well. */
function guardsOf(route: PageRoute): ApiMiddleware[] {
  const scope = PAGE_ACCESS[route];
  const isForm = route.startsWith('POST ');
  return [
    ...(scope === 'public' ? [] : [requireVisitor, requireScope(scope)]),
    ...(isForm ? [requireSameOrigin] : []),
  ];
}
