import { getConnInfo } from '@hono/node-server/conninfo';
import type { ApiContext } from './context.ts';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** The other end of the socket, whatever headers say of it; `null` where the connection has ended. */
export function remoteAddress(c: ApiContext): string | null {
  return getConnInfo(c).remote.address?.replace(MAPPED, '') ?? null;
}

/** What one client holds of the address space: an IPv4 address, or the first half of an IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
}

function groups(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16).toString(16));
}
