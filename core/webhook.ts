import { type AddressRange, isIn, isSpecial, parseAddress, parseRange } from './address.ts';

/** Hosts and addresses that webhooks may call though they are not of the public internet. */
export interface WebhookAllowance {
  hosts: readonly string[];
  ranges: readonly AddressRange[];
}

const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** Reads `hooks.lan,10.0.0.0/8,127.0.0.1`; `wrong`: what is neither a host nor an address. */
export function parseAllowance(list: string): WebhookAllowance & { wrong: string[] } {
  const entries = list.split(',').flatMap((entry) => entry.trim().toLowerCase() || []);
  const ranges = entries.map(parseRange).filter((range) => range !== null);
  const others = entries.filter((entry) => parseRange(entry) === null);
  // What ends in a number is an address to every browser, however it is written.
  const isHost = (entry: string) => HOST.test(entry) && !/(^|\.)(\d+|0x[0-9a-f]*)$/.test(entry);
  return { hosts: others.filter(isHost), ranges, wrong: others.filter((entry) => !isHost(entry)) };
}

const URL_CHARS_MAX = 2_048;
const PORTS = new Set(['', '443', '8443']);
/** Names that never lead to the public internet. */
const LOCAL_NAME = /^[^.]+$|(^|\.)(localhost|local|internal|intranet|lan|home|corp|arpa|test|invalid|onion)$/;

/** White space and control characters are dropped by whoever reads the URL: it is not what a person sees. */
const ODD_CHARS = /[\s\p{Cc}]/u;

/** Why a webhook may not call a URL, as far as the URL tells; `null`: it may, if its address may. */
export function targetProblem(text: string, allowance: WebhookAllowance): string | null {
  if (text.length > URL_CHARS_MAX || ODD_CHARS.test(text) || !URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not carry a user or a password';
  const host = hostOf(url);
  const address = parseAddress(host);
  if (isListed(host, allowance)) return null;
  if (url.protocol !== 'https:') return 'must be an https URL';
  if (!PORTS.has(url.port)) return 'must be on port 443 or 8443';
  if (address === null && !HOST.test(host)) return 'must have a host with a proper name';
  if (address === null) return LOCAL_NAME.test(host) ? 'must not be a local name' : null;
  return isSpecial(address) ? 'must not be a private or special address' : null;
}

/** Whether a webhook may connect to an address that its host resolved to. */
export function mayConnect(host: string, address: string, allowance: WebhookAllowance): boolean {
  const parsed = parseAddress(address);
  if (parsed === null) return false;
  return allowance.hosts.includes(host) || isAllowed(parsed, allowance) || !isSpecial(parsed);
}

/** The host of a URL: an address without its brackets, a name without its last dot. */
export function hostOf({ hostname }: URL): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isListed(host: string, allowance: WebhookAllowance): boolean {
  const address = parseAddress(host);
  return allowance.hosts.includes(host) || (address !== null && isAllowed(address, allowance));
}

function isAllowed(address: readonly number[], { ranges }: WebhookAllowance): boolean {
  return ranges.some((range) => isIn(address, range));
}

/** Whether the receiver says with this status that it has the message. */
export function isTaken(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What a receiver said that did not take a message. */
export function refusalOf({ status, excerpt }: { status: number; excerpt: string }): string {
  return `it answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** The pauses after the first, second, ... failed attempt, in seconds: the schedule of Standard Webhooks. */
const RETRY_SECONDS = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Seconds to wait after that many failed attempts; `null`: it is given up. */
export function webhookRetryAfter(attemptsMade: number): number | null {
  return RETRY_SECONDS[attemptsMade - 1] ?? null;
}
