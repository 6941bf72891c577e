/** An IP address as its bytes: 4 or 16. One that is mapped from IPv4 counts as IPv4. */
export type Address = readonly number[];

export interface AddressRange {
  base: Address;
  bits: number;
}

/** Reads an address in its usual notation, without brackets and zone; `null`: it is none. */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseV6(text) : parseV4(text);
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
  if (address.length !== base.length) return false;
  return base.every((byte, index) => {
    const relevant = Math.max(0, Math.min(8, bits - index * 8));
    const mask = (0xff << (8 - relevant)) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Whether an address is none of the public internet: private, local, reserved, or a way around through IPv6. */
export function isSpecial(address: Address): boolean {
  if (address.length === 4) return SPECIAL_V4.some((range) => isIn(address, range));
  return !isIn(address, GLOBAL_V6) || SPECIAL_V6.some((range) => isIn(address, range));
}

const ranges = (...texts: string[]) => texts.map(parseRange).filter((range) => range !== null);

/** The registries of IANA: RFC 6890 and what came after it. */
const SPECIAL_V4 = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
);
const GLOBAL_V6: AddressRange = { base: [0x20, ...Array(15).fill(0)], bits: 3 };
const SPECIAL_V6 = ranges('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');

function parseV4(text: string): Address | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseV6(text: string): Address | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  if (front === null || back === null) return null;
  const missing = 16 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  const bytes = [...front, ...Array<number>(missing).fill(0), ...back];
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

function groups(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const embedded = index === parts.length - 1 && part.includes('.') ? parseV4(part) : null;
    if (embedded) bytes.push(...embedded);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return null;
  }
  return bytes;
}
