import { getConnInfo } from '@hono/node-server/conninfo';
import ipaddr from 'ipaddr.js';
import type { ApiContext } from '../context.ts';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** The other end of the socket, whatever headers say of it; `null` where the connection has ended. */
export function remoteAddress(c: ApiContext): string | null {
  return getConnInfo(c).remote.address?.replace(MAPPED, '') ?? null;
}

/** What one client holds of the address space: an IPv4 address, or the first half of an IPv6 address. */
export function networkOf(address: string): string {
  const [withoutZone = ''] = address.split('%');
  if (!ipaddr.IPv6.isValid(withoutZone)) return address;
  const { parts } = ipaddr.IPv6.parse(withoutZone);
  return parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
