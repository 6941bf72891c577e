import { lookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { hostOf, mayConnect, targetProblem, type WebhookAllowance } from '../core/webhook.ts';

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const EXCERPT_CHARS_MAX = 200;

export interface Answer {
  status: number;
  /** The beginning of what it said. */
  excerpt: string;
}

export interface Resolved {
  address: string;
  family: number;
}

/** Every address that a host has. */
export type Resolve = (host: string) => Promise<readonly Resolved[]>;

/** As every other program of this machine does it: its list of hosts first. */
const bySystem: Resolve = (host) => lookup(host, { all: true });

/**
 * Posts to an address of somebody else's choosing: its name is resolved once, the address is checked, and that
 * very address is called. Redirects are not followed.
 * @throws where it may not be called, cannot be reached, or does not answer in time.
 */
export async function postOutside(
  target: string,
  message: { headers: Record<string, string>; body: string },
  allowance: WebhookAllowance,
  stop: AbortSignal,
  resolve: Resolve = bySystem,
): Promise<Answer> {
  const problem = targetProblem(target, allowance);
  if (problem !== null) throw new Error(`the address is not allowed: it ${problem}`);
  const url = new URL(target);
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([deadline, stop]);
  try {
    const address = await within(signal, resolveOnce(hostOf(url), allowance, resolve));
    return await within(signal, send(url, address, message, signal));
  } catch (error) {
    if (deadline.aborted && !stop.aborted) throw new Error(`no answer within ${TIMEOUT_MS} ms`);
    throw error;
  }
}

async function resolveOnce(host: string, allowance: WebhookAllowance, resolve: Resolve): Promise<Resolved> {
  const found = await resolve(host);
  const refused = found.find(({ address }) => !mayConnect(host, address, allowance));
  if (refused) throw new Error(`${host} leads to ${refused.address}, which webhooks may not call`);
  const [first] = found;
  if (!first) throw new Error(`${host} has no address`);
  return first;
}

async function send(
  url: URL,
  { address, family }: Resolved,
  { headers, body }: { headers: Record<string, string>; body: string },
  signal: AbortSignal,
): Promise<Answer> {
  const pinned: LookupFunction = (_, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const length = Buffer.byteLength(body);
    const common = { 'content-type': 'application/json', 'content-length': length, 'user-agent': 'davylamp' };
    request(url, { method: 'POST', headers: { ...common, ...headers }, lookup: pinned, agent: false, signal })
      .once('response', resolve)
      .once('error', reject)
      .end(body);
  });
  return { status: response.statusCode ?? 0, excerpt: await excerptOf(response) };
}

/** An answer is only read so that a person can see it: what is too long, or breaks off, still has its status. */
async function excerptOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) break;
    }
  } catch {
    // The status has come; that is what counts.
  }
  response.destroy();
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, EXCERPT_CHARS_MAX);
}

async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
