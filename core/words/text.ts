/** A phrase as a sentence: `stop the pool` -> `Stop the pool.` */
export function sentence(phrase: string): string {
  const text = phrase.charAt(0).toUpperCase() + phrase.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A code that has no words of its own, such as a decision of somebody's own pipeline, or one of a newer API. */
export function readable(code: string): string {
  return code.replace(/[_-]+/g, ' ').trim();
}

/** What a table has for a code; the codes of users and of newer versions are in none. */
export function known<Words>(table: Readonly<Record<string, Words>>, code: string): Words | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

/**
 * Text of others on one line of a terminal or a log: no line of its own begins in it, and no escape sequence and no
 * change of direction does anything. A message may hold what a component printed.
 */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}

/** 240 ms, 1.2 s, 2 min 5 s, 3 h 20 min. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
