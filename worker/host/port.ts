import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { waitUntil } from './deadline.ts';
import { descriptorNames, listPids, procLink, readBootId, readStat } from './proc.ts';
import { identify, type ProcessIdentity } from './process.ts';
import { LISTEN, type TcpSocket, tcpSockets } from './sockets.ts';

export interface Listener {
  /** As bound: `0.0.0.0` and `::` stand for every address. */
  address: string;
  port: number;
  inode: number;
  uid: number;
  /** Connections that the kernel took and the program has not accepted; a number that stays is a hang. */
  rxQueue: number;
  /** The oldest process that has the socket open; null when it is not ours to see. */
  owner: ProcessIdentity | null;
}

/**
 * Who listens on a TCP port, on any address of this network namespace. Where `likelyOwner` has all the
 * sockets open, no other process is looked at: that takes a hundredth of the time.
 */
export async function listeners(port: number, likelyOwner?: number): Promise<Listener[]> {
  const sockets = await listeningSockets(port);
  const owners =
    sockets.length === 0
      ? new Map()
      : await ownersOf(new Set(sockets.map(({ inode }) => inode)), likelyOwner);
  return sockets.map(({ address, inode, uid, rxQueue }) => {
    return { address, port, inode, uid, rxQueue, owner: owners.get(inode) ?? null };
  });
}

async function listeningSockets(port: number): Promise<TcpSocket[]> {
  return (await tcpSockets()).filter((socket) => socket.state === LISTEN && socket.port === port);
}

/** Reads one process per turn of the event loop: none of these reads waits, but there may be many. */
async function ownersOf(
  inodes: ReadonlySet<number>,
  likelyOwner?: number,
): Promise<Map<number, ProcessIdentity>> {
  const owners = new Map<number, ProcessIdentity>();
  const bootId = readBootId();
  if (likelyOwner !== undefined) {
    for (const inode of socketsOf(likelyOwner))
      if (inodes.has(inode)) keepOldest(owners, inode, likelyOwner, bootId);
    if (owners.size === inodes.size) return owners;
  }
  for (const pid of listPids()) {
    for (const inode of socketsOf(pid)) {
      if (inodes.has(inode)) keepOldest(owners, inode, pid, bootId);
    }
    await new Promise(setImmediate);
  }
  return owners;
}

function socketsOf(pid: number): number[] {
  const links = (descriptorNames(pid) ?? []).map((name) => procLink(pid, `fd/${name}`));
  return links.filter((link) => link?.startsWith('socket:[')).map((link) => Number(link?.slice(8, -1)));
}

function keepOldest(owners: Map<number, ProcessIdentity>, inode: number, pid: number, bootId: string): void {
  const stat = readStat(pid);
  const candidate = stat && identify(stat, bootId);
  const known = owners.get(inode);
  if (candidate && (!known || candidate.startTime < known.startTime)) owners.set(inode, candidate);
}

/** Whether a process has a socket open; one that listens does so on the same port for as long as it is open. */
export function stillHolds(pid: number, inode: number): boolean {
  return socketsOf(pid).includes(inode);
}

/**
 * Could a server bind here now? Told by binding for an instant, which also shows what the table of listeners
 * does not: the other side of WSL's border, and outgoing connections that sit on the port. Where we may not
 * bind ourselves, as below 1024 without root, the table decides. The address is an IP address.
 */
export async function isPortFree({ port, address }: { port: number; address: string }): Promise<boolean> {
  const refusal = await tryBind(port, address);
  if (refusal === null || refusal === 'EADDRINUSE') return refusal === null;
  const sockets = await listeningSockets(port);
  return !sockets.some((socket) => overlaps(socket.address, address));
}

/** Whether somebody who asks at an IP address comes to one of these. */
export function isReachedAt(address: string, found: readonly Pick<Listener, 'address'>[]): boolean {
  return found.some((listener) => overlaps(listener.address, address));
}

function overlaps(one: string, other: string): boolean {
  return isWildcard(one) || isWildcard(other) || unmapped(one) === unmapped(other);
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function unmapped(address: string): string {
  return address.replace(/^::ffff:/, '');
}

/** Null when it could be bound, else the code of the system's refusal. */
function tryBind(port: number, host: string): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 65_535;
const MAX_TRIES_PER_PORT = 200;

/** Distinct free TCP ports on 127.0.0.1, outside the range that the kernel hands out by itself. */
export async function freePorts(count: number): Promise<number[]> {
  const [low, high] = await ephemeralRange();
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries >= count * MAX_TRIES_PER_PORT)
      throw new Error(`found only ${found.size} of ${count} free ports`);
    const port = pickOutside(low, high);
    if (!found.has(port) && (await isPortFree({ port, address: '0.0.0.0' }))) found.add(port);
  }
  return [...found];
}

/** Anywhere, where the ephemeral range leaves no room. */
function pickOutside(low: number, high: number): number {
  const below = Math.max(0, low - LOWEST_PORT);
  const above = Math.max(0, HIGHEST_PORT - high);
  if (below + above === 0) return randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
  const pick = randomInt(below + above);
  return pick < below ? LOWEST_PORT + pick : high + 1 + pick - below;
}

async function ephemeralRange(): Promise<[number, number]> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const [low = HIGHEST_PORT, high = HIGHEST_PORT] = text.trim().split(/\s+/).map(Number);
  return [low, high];
}

export interface ListenerWait {
  port: number;
  timeoutMs: number;
  intervalMs?: number;
}

/**
 * Waits until somebody listens on the port; listening says nothing about the protocol behind it.
 * @throws {DeadlineError}
 */
export async function waitForListener({ port, timeoutMs, intervalMs = 25 }: ListenerWait): Promise<Listener> {
  const what = `a listener on port ${port}`;
  await waitUntil(async () => (await listeningSockets(port)).length > 0, { timeoutMs, intervalMs, what });
  const [listener] = await listeners(port);
  if (!listener) throw new Error(`${what} came and went`);
  return listener;
}
