import { firstCharacter } from '../host/output.ts';

/** The last bytes of a text, in whole characters. */
export function tailOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return bytes.subarray(firstCharacter(bytes, bytes.length - maxBytes)).toString('utf8');
}

/** The text with its control characters as JSON escapes them: on one line, safe for a terminal and a database. */
export function readable(text: string): string {
  return text.trimEnd().replace(/\p{Cc}/gu, escaped);
}

const SHORT = new Map([
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  return SHORT.get(character) ?? `\\u${code}`;
}

/** The text without the secrets, the longest first: one may be part of another. */
export function redact(text: string, secrets: readonly string[]): string {
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  return longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}
