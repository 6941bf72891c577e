/** A request or notification from a miner. */
export interface Message {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Reads one line. Undefined when it is not a JSON object with a method and a list of parameters. */
export function parseMessage(line: string): Message | undefined {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { id = null, method, params = [] } = value as Record<string, unknown>;
  if (typeof method !== 'string' || !Array.isArray(params)) return undefined;
  return { id, method, params };
}

/** A parameter that should be text; anything else reads as empty. */
export function textAt(params: readonly unknown[], at: number): string {
  const value = params[at];
  return typeof value === 'string' ? value : '';
}

/** The line that answers a request. */
export function resultLine(id: unknown, result: unknown): string {
  return `${JSON.stringify({ id, result, error: null })}\n`;
}

/** The line that refuses a request, in Stratum's `[code, reason, traceback]` form. */
export function errorLine(id: unknown, code: number, reason: string, result: unknown = null): string {
  return `${JSON.stringify({ id, result, error: [code, reason, null] })}\n`;
}

/** The line of a notification. */
export function notificationLine(method: string, params: readonly unknown[]): string {
  return `${JSON.stringify({ id: null, method, params })}\n`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
