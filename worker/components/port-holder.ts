import { connect, isIP } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DavyError } from '../../core/errors.ts';
import type { PortFact } from '../../core/observation.ts';
import { processMarker } from '../host/marker.ts';
import { isReachedAt, type Listener, listeners, stillHolds } from '../host/port.ts';
import { type ProcessIdentity, readProcess } from '../host/process.ts';
import type { Member } from './stack.ts';
import { findProcess } from './supervised.ts';

const PORT_MAX = 65_535;

/**
 * A port as somebody's configuration has it.
 * @throws {DavyError} `bad_config`, where no port has that number
 */
export function checkedPort(port: number, file: string): number {
  if (Number.isInteger(port) && port > 0 && port <= PORT_MAX) return port;
  throw new DavyError('bad_config', `${file} says port ${port}`, {
    nextStep: `A port is a whole number between 1 and ${PORT_MAX}.`,
  });
}

/** A socket that our process was seen to listen on alone. */
interface Held {
  pid: number;
  startTime: number;
  inode: number;
  seenAt: number;
}

/** Reading the kernel's table of sockets takes ten milliseconds: what it showed is taken for true so long. */
const HELD_MS = 10_000;
const held = new Map<string, Held>();

/** Who holds a port, seen from a component. */
export async function observePort(member: Member, port: number): Promise<PortFact> {
  const own = await findProcess(member);
  if (own && holdsAsSeen(own, port)) return { port, holder: 'ours', owner: null };
  if (!own && 'host' in member.spec && (await refuses(member.spec.host, port)))
    return { port, holder: 'nobody', owner: null };
  return await lookUp(own, port, hostOf(member));
}

/** Who holds a port, by the kernel's whole table: for when the answer decides what is ended. */
export async function portHolder(member: Member, port: number): Promise<PortFact> {
  return await lookUp(await findProcess(member), port, hostOf(member));
}

/** Where `davy.json` says that it is found; `null` where that is a name, or nothing is said. */
function hostOf({ spec }: Member): string | null {
  return 'host' in spec && isIP(spec.host) !== 0 ? spec.host : null;
}

/** A component that opens one address after the other has opened all of them by then. */
const OPENING_MS = 100;

async function lookUp(own: ProcessIdentity | null, port: number, host: string | null): Promise<PortFact> {
  let found = await listeners(port, own?.pid);
  // Without an owner it may be of another user, or the socket of a process that was ending just then.
  if (found[0] && !found[0].owner) found = await listeners(port, own?.pid);
  const [listener] = found;
  if (!listener) return { port, holder: 'nobody', owner: null };
  if (own && (await isOfGroup(listener.owner, own))) {
    if (host !== null && !isReachedAt(host, found)) {
      await pause(OPENING_MS);
      found = await listeners(port, own.pid);
      const listensAt = found.map(({ address }) => address).join(' and ');
      if (found.length > 0 && !isReachedAt(host, found))
        return { port, holder: 'ours', owner: null, elsewhere: { listensAt, soughtAt: host } };
    }
    remember(own, port, found);
    return { port, holder: 'ours', owner: null };
  }
  return { port, holder: 'foreign', owner: listener.owner && describeProcess(listener.owner) };
}

function remember({ pid, startTime }: ProcessIdentity, port: number, found: readonly Listener[]): void {
  const [only] = found;
  if (only && found.length === 1 && only.owner?.pid === pid)
    held.set(`${pid}:${port}`, { pid, startTime, inode: only.inode, seenAt: performance.now() });
}

function holdsAsSeen({ pid, startTime }: ProcessIdentity, port: number): boolean {
  const seen = held.get(`${pid}:${port}`);
  if (!seen) return false;
  const holds =
    seen.startTime === startTime && performance.now() - seen.seenAt < HELD_MS && stillHolds(pid, seen.inode);
  if (!holds) held.delete(`${pid}:${port}`);
  return holds;
}

const CONNECT_MS = 200;

/** Whether nobody listens there: told by a connection that the kernel refuses, which takes no time. */
export function refuses(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => end(false));
    socket.once('timeout', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}

async function isOfGroup(owner: ProcessIdentity | null, own: ProcessIdentity): Promise<boolean> {
  if (!owner) return false;
  if (owner.pid === own.pid) return true;
  if ((await readProcess(owner.pid))?.groupId === own.pid) return true;
  // What a wrapper left behind leads no group.
  const marker = await processMarker(own.pid);
  return marker !== null && (await processMarker(owner.pid)) === marker;
}

/** `node (pid 4711)` */
export function describeProcess({ executable, pid }: ProcessIdentity): string {
  return `${executable === '' ? 'a process' : basename(executable)} (pid ${pid})`;
}
