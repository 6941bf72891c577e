import { readFile } from 'node:fs/promises';
import { sharedLook } from './shared-look.ts';

/** One line of /proc/net/tcp or tcp6; source: proc_net(5) and the kernel's tcp_ipv4.c. */
export interface TcpSocket {
  address: string;
  port: number;
  /** Hexadecimal as in the kernel's tcp_states.h: 01 established, 06 time wait, 0A listen. */
  state: string;
  /** Bytes not yet read; for a listening socket the connections not yet accepted. */
  rxQueue: number;
  uid: number;
  inode: number;
}

export const LISTEN = '0A';

/**
 * Every TCP socket of our network namespace. The kernel walks its whole hash table for each read, some
 * milliseconds long, so callers that ask at the same time share one.
 */
export const tcpSockets: () => Promise<TcpSocket[]> = sharedLook(readTables);

async function readTables(): Promise<TcpSocket[]> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readTable));
  return tables.flatMap(parseTable);
}

export function parseTable(text: string): TcpSocket[] {
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
    .map(parseLine);
}

function parseLine(line: string): TcpSocket {
  const fields = line.trim().split(/\s+/);
  const [addressHex = '', portHex = ''] = (fields[1] ?? '').split(':');
  return {
    address: addressHex.length === 8 ? decodeIpv4(addressHex) : decodeIpv6(addressHex),
    port: Number.parseInt(portHex, 16),
    state: fields[3] ?? '',
    rxQueue: Number.parseInt(fields[4]?.split(':')[1] ?? '0', 16),
    uid: Number(fields[7]),
    inode: Number(fields[9]),
  };
}

/** The kernel prints addresses as 32-bit words in the byte order of the machine, little-endian here. */
function decodeIpv4(hex: string): string {
  return [...wordBytes(hex)].join('.');
}

function decodeIpv6(hex: string): string {
  const bytes = Buffer.concat((hex.match(/.{8}/g) ?? []).map(wordBytes));
  if (isMapped(bytes)) return `::ffff:${[...bytes.subarray(12)].join('.')}`;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return compressZeros(groups.join(':'));
}

function wordBytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex').reverse();
}

function isMapped(bytes: Buffer): boolean {
  return bytes.readUInt32BE(8) === 0xffff && bytes.subarray(0, 8).every((byte) => byte === 0);
}

function compressZeros(address: string): string {
  const runs = address.match(/(?:^|:)(?:0(?::|$)){2,}/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest === '' ? address : address.replace(longest, '::');
}

/** A kernel without IPv6 has no tcp6. */
async function readTable(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
