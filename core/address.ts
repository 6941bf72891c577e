import ipaddr from 'ipaddr.js';

/** An IP address as its bytes: 4 or 16. One that is mapped from IPv4 counts as IPv4. */
export type Address = readonly number[];

export interface AddressRange {
  base: Address;
  bits: number;
}

/** Reads an address in its usual notation, without brackets and zone; `null`: it is none. */
export function parseAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.parse(text).toByteArray();
  const strict = strictV6(text);
  return strict === null ? null : ipaddr.process(strict).toByteArray();
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. */
export function parseRange(text: string): AddressRange | null {
  const [address = '', prefix, ...more] = text.split('/');
  const base = parseAddress(address);
  if (base === null || more.length > 0) return null;
  const bits = prefix === undefined ? base.length * 8 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  return bits >= 0 && bits <= base.length * 8 ? { base, bits } : null;
}

export function isIn(address: Address, { base, bits }: AddressRange): boolean {
  return address.length === base.length && ipOf(address).match([ipOf(base), bits]);
}

/** Whether an address is none of the public internet: private, local, reserved, or a way around through IPv6. */
export function isSpecial(address: Address): boolean {
  const isOutside = address.length === 16 && !isIn(address, GLOBAL_V6);
  return isOutside || ipOf(address).range() !== 'unicast';
}

/**
 * The only IPv6 addresses that were given out (IANA, "Internet Protocol Version 6 Address Space"): of the others the
 * library knows those that have a use, and takes the rest, such as `::10.0.0.1`, for usual ones.
 */
const GLOBAL_V6: AddressRange = { base: [0x20, ...Array(15).fill(0)], bits: 3 };

function ipOf(address: Address) {
  return ipaddr.fromByteArray([...address]);
}

/** As the URL standard writes it; `null`: it is none. The library by itself takes `::10.0.0.1` for an IPv4 address. */
function strictV6(text: string): string | null {
  const url = `http://[${text}]/`;
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : null;
}
