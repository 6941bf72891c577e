/** What an API key may be allowed. `admin` may everything. */
export const SCOPES = ['read', 'run', 'reset', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
