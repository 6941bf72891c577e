import type { ApiMiddleware } from './context.ts';
import { SIGN_IN_STYLE_HASH } from './pages/sign-in.ts';

const COMMON: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const FRAMELESS = "frame-ancestors 'none'; base-uri 'none'";
const POLICY = `default-src 'none'; ${FRAMELESS}; form-action 'none'`;
const SIGN_IN_POLICY = `default-src 'none'; style-src '${SIGN_IN_STYLE_HASH}'; ${FRAMELESS}; form-action 'self'`;
/** Bull Board styles its elements inline and asks for a web font, which it does not get. */
const DASHBOARD_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; " +
  "frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

/** Swagger UI, from this server alone. */
const DOCS_POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; ${FRAMELESS}; form-action 'none'`;

export const securityHeaders: ApiMiddleware = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(COMMON)) c.header(name, value);
  c.header('Content-Security-Policy', policyFor(c.req.path));
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};

function policyFor(path: string): string {
  if (path === '/queues' || path.startsWith('/queues/')) return DASHBOARD_POLICY;
  if (path === '/docs') return DOCS_POLICY;
  return path === '/sign-in' || path === '/session' ? SIGN_IN_POLICY : POLICY;
}
