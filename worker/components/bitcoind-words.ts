import { tailFile } from '../host/logfile.ts';
import { lastStartMs } from './last-start.ts';
import type { Member } from './stack.ts';
import { lastOutput } from './supervised.ts';

const LOG_TAIL_BYTES = 64 * 1024;
/** Each start of a daemon begins with `Bitcoin Core version v28.1.0` or the like. */
const START_BANNER = /Core version v/;
/** What a line of the log begins with, to the second. */
const LINE_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)/;

/** What a daemon said since its last start. */
export interface DaemonWords {
  /** On its standard output and error: nobody else writes there. */
  own: string;
  /** In its log, where it did not say the same on its output. */
  logged: string;
}

/** What a daemon said since its last start, and nobody else: others may have written into the same log. */
export async function readDaemonWords(member: Member, debugLog: string): Promise<DaemonWords> {
  const own = await lastOutput(member);
  // A daemon that logs to its output too has said everything there.
  const startedMs = START_BANNER.test(own) ? null : await lastStartMs(member);
  if (startedMs === null) return { own, logged: '' };
  // Somebody who wants no log makes it a link to /dev/null.
  const log = await tailFile(debugLog, LOG_TAIL_BYTES).catch(() => '');
  return { own, logged: linesOfStart(log, startedMs) };
}

/** The first that a daemon says when it ends in good order, however long it takes to write what it has in memory. */
const STOPS = 'Shutdown: In progress';

/** The line with which a daemon began to shut down since its last start; `null` where it did not, or keeps no log. */
export async function saysItStops(member: Member, debugLog: string): Promise<string | null> {
  const own = await lastOutput(member);
  // By now the beginning of the start may be out of reach: its last words are what counts.
  const words = own.includes(STOPS) ? own : await tailFile(debugLog, LOG_TAIL_BYTES).catch(() => '');
  const lines = words.split('\n');
  const line = lines.slice(lines.findLastIndex((text) => START_BANNER.test(text)) + 1).find(isStop);
  if (line === undefined || timeOf(line) < secondOf((await lastStartMs(member)) ?? 0)) return null;
  return line.trim();
}

function isStop(line: string): boolean {
  return line.includes(STOPS);
}

/** The lines of the first start at or after a moment; what follows the next banner was said by another daemon. */
export function linesOfStart(log: string, startedMs: number): string {
  const fromSecond = secondOf(startedMs);
  const lines = log.split('\n');
  const first = lines.findIndex((line) => START_BANNER.test(line) && timeOf(line) >= fromSecond);
  if (first === -1) return '';
  const length = lines.slice(first + 1).findIndex((line) => START_BANNER.test(line));
  return lines.slice(first, length === -1 ? undefined : first + 1 + length).join('\n');
}

/** A log tells seconds. */
function secondOf(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** A log without times tells nothing of its age: its lines are taken for new. */
function timeOf(line: string): number {
  const time = LINE_TIME.exec(line)?.[1];
  return time === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${time}Z`);
}

const BIND = /Unable to bind to \S+:\d+/;
const FATAL_BIND = /Failed to listen on any port|Unable to start HTTP server/;

/** Without the complaints about an address that it can do without: only some of them end a daemon. */
export function withoutMinorBinds(words: string): string {
  if (FATAL_BIND.test(words)) return words;
  const lines = words.split('\n');
  const last = lines.findLastIndex((line) => /error|unable to/i.test(line));
  return lines.filter((line, index) => index === last || !BIND.test(line)).join('\n');
}
