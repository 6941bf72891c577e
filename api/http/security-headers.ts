import type { ApiContext, ApiMiddleware } from '../context.ts';

const COMMON: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const FRAMELESS = "frame-ancestors 'none'; base-uri 'none'";
const POLICY = `default-src 'none'; ${FRAMELESS}; form-action 'none'`;
/** Everything a page needs comes from here; the font too. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
  `connect-src 'self'; form-action 'self'; ${FRAMELESS}`;
/** Bull Board styles its elements inline and asks for a web font, which it does not get. */
const DASHBOARD_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

/** Swagger UI, from this server alone. */
const DOCS_POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; ${FRAMELESS}; form-action 'none'`;

export const securityHeaders: ApiMiddleware = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(COMMON)) c.header(name, value);
  c.header('Content-Security-Policy', policyFor(c));
  // With `no-referrer` a browser does not name the origin of a form that it sends, even to ourselves.
  if (isPage(c)) c.header('Referrer-Policy', 'same-origin');
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};

function policyFor(c: ApiContext): string {
  const { path } = c.req;
  if (path === '/queues' || path.startsWith('/queues/')) return DASHBOARD_POLICY;
  if (path === '/docs') return DOCS_POLICY;
  return isPage(c) ? PAGE_POLICY : POLICY;
}

function isPage(c: ApiContext): boolean {
  return c.res.headers.get('content-type')?.startsWith('text/html') === true;
}
