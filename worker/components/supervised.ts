import { EventEmitter } from 'node:events';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type {
  CrashFact,
  ExitFact,
  ProcessFact,
  StartFailure,
  StartFailureCause,
} from '../../core/observation.ts';
import { type EffortWatch, watchEffort } from '../host/effort.ts';
import { baseEnvironment } from '../host/environment.ts';
import { type Exit, StartError } from '../host/launch.ts';
import { tailFile } from '../host/logfile.ts';
import { presentable, redact } from '../host/presentable.ts';
import { procLink, readStat } from '../host/proc.ts';
import { isDead, liveness, type ProcessIdentity } from '../host/process.ts';
import { findLeftBehind, findMarked, startDetached } from '../host/spawn.ts';
import { type StopTimes, stopProcess } from '../host/stop.ts';
import type { AdoptionProof } from './adoption-proof.ts';
import { assertManaged, type Member, markerOf, outputFile, pathIn, reveal, secretsOf } from './stack.ts';

interface Known {
  identity: ProcessIdentity;
  startedAt: number;
  exit: Exit | null;
  /** What proves a process that somebody else started; missing for our own, which carry a marker. */
  proof?: AdoptionProof;
  /** How often it was seen to work. */
  goodLooks: number;
  /** We end it: what follows is no crash. */
  ended: boolean;
}

/** What this worker knows of the processes it started or adopted, by marker. Lost with it, found again by marker. */
const known = new Map<string, Known>();
/** Looks that prove that a component works, here as in every repair: one may fall between two states. */
const GOOD_LOOKS = 2;
/** One start at a time for each component: two would both find nothing and both start. */
const starting = new Map<string, Promise<unknown>>();

/** One look at a stack asks for the same process many times: an absence as fresh as this needs no proof again. */
const ABSENCE_MS = 100;
/** When each component was last looked for in vain, by marker. */
const absences = new Map<string, number>();

/** The running process of a component: the one we started, or one that an earlier worker started. */
export async function findProcess(member: Member): Promise<ProcessIdentity | null> {
  const marker = markerOf(member);
  const last = known.get(marker);
  if (last && (await isAlive(last.identity))) return last.identity;
  const missedAt = absences.get(marker);
  return missedAt !== undefined && performance.now() - missedAt < ABSENCE_MS
    ? null
    : await searchProcess(member);
}

/** What a group has left so shortly after its leader's end may be about to end with it, and then says nothing of it. */
const DYING_MS = 250;

/** Looks through all processes of this host. */
async function searchProcess(
  member: Member,
  { dyingMs = DYING_MS }: { dyingMs?: number } = {},
): Promise<ProcessIdentity | null> {
  const marker = markerOf(member);
  const startedAt = performance.now();
  const [leader] = await findMarked(marker);
  const endedMs = known.get(marker)?.exit?.at.getTime() ?? 0;
  const found = leader ?? (Date.now() - endedMs < dyingMs ? null : await findLeftBehind(marker));
  if (!found) {
    absences.set(marker, startedAt);
    return null;
  }
  absences.delete(marker);
  // Whoever started it saw it come up.
  known.set(marker, { ...newlyKnown(found), goodLooks: GOOD_LOOKS - 1 });
  return found;
}

/** What somebody else starts is found this much later: between two looks at a stack nobody starts a component. */
const STRANGER_MS = 250;
/** When each component was last looked for in vain among the processes of others, by marker. */
const strangers = new Map<string, number>();

/**
 * Takes what somebody else started for the component's process, where it runs nowhere else and exactly one
 * process is proven to be it. Returns all that were proven.
 */
export async function adopt(
  member: Member,
  proofOf: () => Promise<AdoptionProof | null>,
): Promise<ProcessIdentity[]> {
  if (await findProcess(member)) return [];
  const marker = markerOf(member);
  const soughtAt = strangers.get(marker);
  const startedAt = performance.now();
  if (soughtAt !== undefined && startedAt - soughtAt < STRANGER_MS) return [];
  const proof = await proofOf();
  const found = proof ? await proof.find() : [];
  if (found.length === 0) strangers.set(marker, startedAt);
  const [only] = found;
  if (!proof || !only || found.length > 1) return found;
  // What the component said in an earlier life is not what this process says.
  await beginOutput(member, `adopts process ${only.pid} as`);
  known.set(marker, { ...newlyKnown(only), proof });
  return found;
}

/** Whether a process is the component, read again: for one that was adopted, its whole proof. */
export async function isProven(member: Member, identity: ProcessIdentity): Promise<boolean> {
  const last = known.get(markerOf(member));
  if (!last?.proof || last.identity !== identity) return true;
  return await last.proof.holds(identity);
}

function newlyKnown(identity: ProcessIdentity): Known {
  return { identity, startedAt: Date.now(), exit: null, goodLooks: 0, ended: false };
}

/** A look at a component showed nothing wrong: should its process go away by itself from now on, it crashed. */
export function markWorked(member: Member): void {
  const last = known.get(markerOf(member));
  if (last) last.goodLooks++;
}

/** We are about to end a component's process: its end will be no crash. */
export function markEnded(member: Member): void {
  const last = known.get(markerOf(member));
  if (last) last.ended = true;
}

function crashFact({ identity, goodLooks, ended }: Known): CrashFact | null {
  if (ended || goodLooks < GOOD_LOOKS) return null;
  return { key: `${identity.bootId}/${identity.pid}/${identity.startTime}` };
}

async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const state = await liveness(identity);
  return state === 'running' || state === 'stopped';
}

/** Follows what a component's process does while it is asked something. */
export function watchMember(member: Member, afterMs: number): EffortWatch {
  return watchEffort(() => known.get(markerOf(member))?.identity.pid ?? null, afterMs);
}

/** `unknown`: none was ever seen. `stopped`: SIGSTOP or a debugger holds it. */
export type KnownLiveness = 'alive' | 'stopped' | 'lost' | 'unknown';

/** How a component's process is, by the one that was last seen: cheap enough for many times a second. */
export function knownLiveness(member: Member): KnownLiveness {
  const last = known.get(markerOf(member));
  if (!last) return 'unknown';
  const stat = last.exit === null ? readStat(last.identity.pid) : null;
  if (!stat || stat.startTime !== last.identity.startTime || isDead(stat)) return 'lost';
  return stat.state.toLowerCase() === 't' ? 'stopped' : 'alive';
}

const exits = new EventEmitter<{ exit: [marker: string] }>().setMaxListeners(0);

/** Calls back in the moment in which the kernel reports the end of a process that this worker started. */
export function onExit(callback: (marker: string) => void): () => void {
  exits.on('exit', callback);
  return () => exits.off('exit', callback);
}

/** The state of a component's process. */
export async function observeProcess(member: Member): Promise<ProcessFact> {
  const identity = await findProcess(member);
  const last = known.get(markerOf(member));
  if (!identity)
    return {
      state: 'down',
      exit: last?.exit ? exitFact(last.exit) : null,
      crash: last ? crashFact(last) : null,
    };
  return {
    state: (await liveness(identity)) === 'stopped' ? 'frozen' : 'running',
    pid: identity.pid,
    startedSecondsAgo: last ? (Date.now() - last.startedAt) / 1000 : null,
  };
}

function exitFact({ exitCode, signal, at }: Exit): ExitFact {
  return { exitCode, signal, at: at.toISOString() };
}

export interface StartRequest {
  argv: readonly string[];
  cwd: string;
  /** Keeps standard input open for ever, for programs that go wild at its end. */
  openStdin?: boolean;
}

/** Starts a component's process, exactly one: whatever runs under its marker is adopted instead. */
export async function startProcess(
  member: Member,
  request: StartRequest,
): Promise<'started' | 'already_running'> {
  const marker = markerOf(member);
  const previous = starting.get(marker) ?? Promise.resolve();
  const start = previous.then(() => startOnce(member, request));
  const settled = start.catch(() => {});
  starting.set(marker, settled);
  return await start;
}

async function startOnce(member: Member, request: StartRequest): Promise<'started' | 'already_running'> {
  // Two would be worse than to wait for one that ends just now.
  if ((await findProcess(member)) ?? (await searchProcess(member, { dyingMs: 0 }))) return 'already_running';
  assertManaged(member);
  const marker = markerOf(member);
  await beginOutput(member);
  const { identity, exited } = await startDetached({
    argv: request.argv,
    cwd: request.cwd,
    env: { ...baseEnvironment(), ...revealed(member) },
    marker,
    logFile: outputFile(member),
    stdin: request.openStdin ? 'fifo' : 'null',
    ...(request.openStdin && { fifoPath: `${outputFile(member)}.stdin` }),
  }).catch(async (error: unknown) => {
    if (error instanceof StartError && error.reason !== 'failed') await noteRefusal(member, error);
    throw error;
  });
  const entry = newlyKnown(identity);
  known.set(marker, entry);
  void exited.then((exit) => {
    entry.exit = exit;
    exits.emit('exit', marker);
  });
  return 'started';
}

function revealed({ spec, ref }: Member): Record<string, string> {
  return Object.fromEntries(
    Object.entries(spec.env).map(([name, value]) => [name, reveal(value, `${ref.name}.env.${name}`)]),
  );
}

const FORCED: StopTimes = { termMs: 0, killMs: 5_000 };
const GRACEFUL: StopTimes = { termMs: 10_000, killMs: 5_000 };

/** Ends a component's process group by signals. What cannot be proven ours is never signalled. */
export async function endProcess(
  member: Member,
  force: boolean,
  graceful: StopTimes = GRACEFUL,
): Promise<string> {
  const identity = await findProcess(member);
  if (!identity) return 'it was not running';
  if (!(await isProven(member, identity)))
    return `process ${identity.pid} was not signalled: it is not proven to be ${member.ref.name} any more`;
  assertManaged(member);
  markEnded(member);
  const times = force ? FORCED : graceful;
  const result = await stopProcess(identity, times);
  await stopLeftBehind(member, times);
  if (result.outcome === 'refused') return `process ${identity.pid} was not signalled: ${result.reason}`;
  if (result.outcome === 'survived') return `process ${identity.pid} survived SIGKILL`;
  return `process ${identity.pid} ${result.outcome === 'gone' ? 'was gone' : `was ${result.outcome}`}`;
}

const LEFT_BEHIND_MAX = 16;

/** Ends what belonged to the same component and to no group of its own: next it would be taken for the component. */
async function stopLeftBehind(member: Member, times: StopTimes): Promise<void> {
  for (let count = 0; count < LEFT_BEHIND_MAX; count++) {
    const left = await findLeftBehind(markerOf(member));
    if (!left || (await stopProcess(left, times)).outcome === 'survived') return;
  }
}

const OUTPUT_TAIL_BYTES = 64 * 1024;
const START_LINE = '=== davylamp ';

/** Separates the words of one start from those of the ones before, for readers after any crash of ours. */
async function beginOutput(member: Member, what = 'starts'): Promise<void> {
  const file = outputFile(member);
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${START_LINE}${what} ${member.ref.name} at ${new Date().toISOString()}\n`, {
    mode: 0o640,
  });
}

/** What begins the line that tells why a component's command could not be started at all. */
export const REFUSED_LINE = 'davylamp: ';

/** Written where the component's own words would stand: whoever looks later, in another worker too, reads why. */
async function noteRefusal(member: Member, { message }: StartError): Promise<void> {
  await appendFile(outputFile(member), `${REFUSED_LINE}${message}\n`);
}

/** What a component wrote to its standard output and error since it was last started, without our own secrets. */
export async function lastOutput(member: Member): Promise<string> {
  const last = known.get(markerOf(member));
  const elsewhere = last?.proof && outputOf(last.identity.pid);
  if (elsewhere) return await outputTail(member, elsewhere).catch(() => '');
  const tail = await outputTail(member, outputFile(member));
  const start = tail.lastIndexOf(START_LINE);
  return start === -1 ? tail : tail.slice(tail.indexOf('\n', start) + 1);
}

async function outputTail({ stack }: Member, file: string): Promise<string> {
  return redact(await tailFile(file, OUTPUT_TAIL_BYTES), secretsOf(stack));
}

/** The file that a process writes its errors or its output to, where somebody sent them to one. */
function outputOf(pid: number): string | null {
  const links = ['fd/2', 'fd/1'].map((descriptor) => procLink(pid, descriptor));
  return links.find((link) => link?.startsWith('/') && !link.startsWith('/dev/')) ?? null;
}

/** A signature of a failed start, and what it means. */
export interface StartSignature<Cause = StartFailureCause> {
  pattern: RegExp;
  cause: Cause;
}

/**
 * What a component's last words say about why it is gone; `null` where they match no signature. The order of
 * the signatures decides, not that of the lines: a lock held elsewhere also reads like corruption further down.
 */
export function readStartFailure<Cause = StartFailureCause>(
  words: string,
  signatures: readonly StartSignature<Cause>[],
): StartFailure<Cause> | null {
  // A carriage return alone is how some write over their last line, as ckpool its status.
  const lines = words
    .trimEnd()
    .split(/\r\n|\n|\r/)
    .reverse();
  for (const { pattern, cause } of signatures) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return { cause, line: presentable(line.trim().slice(0, 300)) };
  }
  return null;
}

/** The folder in which a component works. */
export function workingFolder({ stack, spec }: Member): string {
  return pathIn(stack, spec.directory);
}
