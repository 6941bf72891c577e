const HARMLESS = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** The part of our own environment that a child may have; secrets such as DATABASE_URL are not in it. */
export function baseEnvironment(from: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const entries = HARMLESS.map((name) => [name, from[name]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
