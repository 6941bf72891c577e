/** The text with its control characters as JSON escapes them: on one line, safe for a terminal and a database. */
export function escapeControls(text: string): string {
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

const REDACTED = '[redacted]';
const API_KEY = /davy_[0-9a-f]{16}_[0-9a-f]{64}/g;

/** The text without the secrets and without API keys, the longest first: one may be part of another. */
export function redact(text: string, secrets: readonly string[]): string {
  const longestFirst = [...secrets].sort((one, other) => other.length - one.length);
  return longestFirst
    .reduce((shown, secret) => shown.replaceAll(secret, REDACTED), text)
    .replace(API_KEY, REDACTED);
}

/** `rpcpassword x` too: a daemon that cannot read a line of its configuration says the line. */
const ASSIGNED =
  /((?:rpc(?:password|auth)["']?[\s=:]|(?:password|passwd|secret|token|auth)["']?\s*[=:])\s*["']?)[^\s"',}]+/gi;

/** A line of what a component said: what looks like a password is left out even where nobody told us that it is one. */
export function presentable(line: string): string {
  return escapeControls(redact(line.replace(ASSIGNED, `$1${REDACTED}`), []));
}
