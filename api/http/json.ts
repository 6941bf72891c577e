import type { Problem } from '../../core/errors.ts';

const MAX_DEPTH = 64;

export type ParsedJson =
  | { ok: true; value: unknown }
  | { ok: false; reason: 'malformed' | 'too-deep'; message: string };

/** Parses JSON whose nesting is bounded, so that nothing that walks it later can run out of stack. */
export function parseJson(text: string): ParsedJson {
  if (depthOf(text) > MAX_DEPTH)
    return { ok: false, reason: 'too-deep', message: `is nested deeper than ${MAX_DEPTH} levels` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: 'malformed', message: error instanceof Error ? error.message : 'not JSON' };
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const { opens } of brackets(text, 0)) {
    depth += opens ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Where a JSON object that starts at `start` ends (the index behind it), or `null` where it never does. */
export function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  for (const { index, opens } of brackets(text, start)) {
    depth += opens ? 1 : -1;
    if (depth === 0) return index + 1;
  }
  return null;
}

/** The brackets outside of strings, by hand: a regular expression takes quadratic time for a string without end. */
function* brackets(text: string, start: number): Generator<{ index: number; opens: boolean }> {
  let inString = false;
  for (let index = start; index < text.length; index++) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') yield { index, opens: true };
    else if (char === '}' || char === ']') yield { index, opens: false };
  }
}

/** Whether Postgres can keep the text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** What of a parsed document could not be kept, each with its path. */
export function unstorable(value: unknown, path = '$'): Problem[] {
  if (typeof value === 'string')
    return isStorable(value) ? [] : [{ path, message: 'has a NUL or a lone surrogate' }];
  if (typeof value === 'number')
    return Number.isFinite(value) ? [] : [{ path, message: 'is a number out of range' }];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => unstorable(item, `${path}[${index}]`));
  return Object.entries(value).flatMap(([key, item]) =>
    key === '__proto__' || !isStorable(key)
      ? [{ path, message: `has the key ${JSON.stringify(key)}` }]
      : unstorable(item, path === '$' ? key : `${path}.${key}`),
  );
}
