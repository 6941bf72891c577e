import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runCommand } from './command.ts';
import { type Exit, launch } from './launch.ts';
import { forget, keyOf, MARKER_VARIABLE, settledProcessMarker } from './marker.ts';
import { listPids, type ProcStat, readBootId, readStat } from './proc.ts';
import { identify, isDead, type ProcessIdentity } from './process.ts';
import { sharedLook } from './shared-look.ts';

export interface DetachedOptions {
  argv: readonly string[];
  cwd: string;
  /** The whole environment but for the marker: nothing is inherited from the worker. */
  env: Readonly<Record<string, string>>;
  /** By it the process is found again when the worker died before it could record it. */
  marker: string;
  /** Gets stdout and stderr appended; made with its folder when missing. */
  logFile: string;
  /** `fifo`: a stdin that stays open and silent for ever, for programs that spin at its end. */
  stdin: 'null' | 'fifo';
  /** Needed for `fifo`; made when missing. */
  fifoPath?: string;
}

export interface StartedProcess {
  identity: ProcessIdentity;
  /** Only told while this worker lives; never rejects. */
  exited: Promise<Exit>;
}

/**
 * Starts a process that outlives us, kill -9 included: own session and process group, no pipe to us.
 * @throws {StartError} when the command cannot be started
 */
export async function startDetached(options: DetachedOptions): Promise<StartedProcess> {
  const env = { ...options.env, [MARKER_VARIABLE]: requireMarker(options.marker) };
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = await open(options.logFile, 'a', 0o640);
  let stdin: FileHandle | null = null;
  try {
    stdin = options.stdin === 'fifo' ? await openFifo(options.fifoPath) : null;
    const child = await launch({
      argv: options.argv,
      cwd: options.cwd,
      env,
      stdio: [stdin?.fd ?? 'ignore', log.fd, log.fd],
    });
    child.unref();
    return { identity: child.identity, exited: child.exited };
  } finally {
    await Promise.all([log.close(), stdin?.close()]);
  }
}

/**
 * Processes that were started with exactly this marker and lead their process group.
 * Their own descendants inherit the marker; only the outermost are returned, and no zombies.
 */
export async function findMarked(marker: string): Promise<ProcessIdentity[]> {
  const marked = new Map<number, ProcStat>();
  for (const stat of (await markedStats()).get(requireMarker(marker)) ?? []) marked.set(stat.pid, stat);
  const bootId = readBootId();
  const leaders = [...marked.values()].filter(
    (stat) => stat.pid === stat.groupId && !hasLeaderAbove(stat, marked),
  );
  return leaders.map((stat) => identify(stat, bootId)).filter((identity) => identity !== null);
}

/**
 * The oldest of the processes that are left of a marker whose leaders are all dead, as of a wrapper that was killed
 * without the program that it had started; `null` where nothing is left, or a leader lives.
 */
export async function findLeftBehind(marker: string): Promise<ProcessIdentity | null> {
  const left = (await markedStats()).get(requireMarker(marker)) ?? [];
  if (left.some(({ pid, groupId }) => pid === groupId)) return null;
  const [oldest] = left.toSorted((one, other) => one.startTime - other.startTime || one.pid - other.pid);
  return oldest ? identify(oldest) : null;
}

/** Every living process with a marker, by marker. Callers that ask at the same time share one look. */
const markedStats: () => Promise<Map<string, ProcStat[]>> = sharedLook(scan);

async function scan(): Promise<Map<string, ProcStat[]>> {
  const stats = listPids()
    .filter((pid) => pid !== process.pid)
    .map((pid) => readStat(pid))
    .filter((stat) => stat !== null)
    .filter((stat) => !isDead(stat));
  const marked = new Map<string, ProcStat[]>();
  await Promise.all(
    stats.map(async (stat) => {
      const marker = await settledProcessMarker(stat);
      if (marker !== null) marked.set(marker, [...(marked.get(marker) ?? []), stat]);
    }),
  );
  forget(new Set(stats.map(keyOf)));
  return marked;
}

function hasLeaderAbove(stat: ProcStat, marked: ReadonlyMap<number, ProcStat>): boolean {
  for (let parent = marked.get(stat.parentPid); parent; parent = marked.get(parent.parentPid)) {
    if (parent.pid === parent.groupId) return true;
  }
  return false;
}

/** Held open for reading and writing by the child itself, a FIFO never reports an end of file to it. */
async function openFifo(path: string | undefined): Promise<FileHandle> {
  if (path === undefined) throw new TypeError('a stdin of kind fifo needs a fifoPath');
  const existing = await lstat(path).catch(() => null);
  if (existing && !existing.isFIFO()) throw new Error(`${path} is there already and is not a FIFO`);
  if (!existing) await makeFifo(path);
  return open(path, constants.O_RDWR);
}

async function makeFifo(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const { exitCode, stderr } = await runCommand(['mkfifo', '--mode=600', '--', path], { timeoutMs: 5_000 });
  if (exitCode !== 0) throw new Error(`cannot make the FIFO ${path}: ${stderr.trim()}`);
}

function requireMarker(marker: string): string {
  if (!/^[\x21-\x7e]+$/.test(marker)) throw new TypeError('a marker is printable ASCII without spaces');
  return marker;
}
