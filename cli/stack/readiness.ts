import { setTimeout as sleep } from 'node:timers/promises';
import { DavyError, messageOf } from '../../core/errors.ts';

const TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 2_000;
const POLL_MS = 20;

/**
 * Waits until the API is ready and knows the worker's host, so that a run can be posted.
 * @throws DavyError `not-ready` with the last reason, after 10 s.
 */
export async function waitUntilUsable(stack: { url: string; apiKey: string; host: string }): Promise<void> {
  const endsAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const reason = await notUsable(stack).catch(messageOf);
    if (reason === null) return;
    if (performance.now() > endsAt)
      throw new DavyError('not-ready', `Davylamp is not ready after ${TIMEOUT_MS / 1000} s: ${reason}`);
    await sleep(POLL_MS);
  }
}

async function notUsable(stack: { url: string; apiKey: string; host: string }): Promise<string | null> {
  const ready = await get(`${stack.url}/readyz`, {});
  if (!ready.ok) return `/readyz answers ${ready.status}: ${(await ready.text()).slice(0, 500)}`;
  const hosts = await get(`${stack.url}/v1/hosts`, { authorization: `Bearer ${stack.apiKey}` });
  const text = await hosts.text();
  if (!hosts.ok) return `/v1/hosts answers ${hosts.status}: ${text.slice(0, 500)}`;
  return namesHost(JSON.parse(text), stack.host) ? null : `the worker of ${stack.host} is not registered`;
}

function get(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
}

function namesHost(answer: unknown, host: string): boolean {
  const { items } = answer as { items?: { name?: string }[] };
  return (items ?? []).some(({ name }) => name === host);
}
