import { readFile } from 'node:fs/promises';

const UP = 0x1;
const GATEWAY = 0x2;

/**
 * The IPv4 address of the default gateway, the one with the lowest metric; `null` without one.
 * Source: proc_net(5), `/proc/net/route`.
 */
export async function defaultGateway(): Promise<string | null> {
  return gatewayIn(await readFile('/proc/net/route', 'latin1').catch(() => ''));
}

/** Addresses stand there as hexadecimal words in the byte order of the machine, little-endian here. */
export function gatewayIn(table: string): string | null {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => {
      const set = Number.parseInt(flags ?? '0', 16);
      return destination === '00000000' && mask === '00000000' && (set & UP) !== 0 && (set & GATEWAY) !== 0;
    })
    .sort((one, other) => Number(one[6]) - Number(other[6]));
  const hex = routes[0]?.[2];
  return hex === undefined ? null : [...Buffer.from(hex, 'hex').reverse()].join('.');
}

/** Whether this is a Linux of Windows (WSL), whose programs may really run on the Windows side. */
export async function isUnderWindows(): Promise<boolean> {
  const release = await readFile('/proc/sys/kernel/osrelease', 'latin1').catch(() => '');
  return namesWindows(release);
}

export function namesWindows(osrelease: string): boolean {
  return /microsoft/i.test(osrelease);
}
