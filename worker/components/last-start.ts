import { stat } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { ProcessFact, StartFailure } from '../../core/observation.ts';
import { tailFile } from '../host/logfile.ts';
import { presentable } from '../host/presentable.ts';
import { type Member, outputFile } from './stack.ts';
import {
  lastOutput,
  REFUSED_LINE,
  readStartFailure,
  type StartSignature,
  workingFolder,
} from './supervised.ts';

const TAIL_BYTES = 64 * 1024;
const START_LINE = /^=== davylamp \S.* at (\S+)$/gm;

/**
 * When a component was last started, in milliseconds since the epoch; `null` where that is not known, or where it
 * said so much since then that the note of it is out of reach.
 */
export async function lastStartMs(member: Member): Promise<number | null> {
  const tail = await tailFile(outputFile(member), TAIL_BYTES);
  const at = [...tail.matchAll(START_LINE)].at(-1)?.[1];
  const ms = Date.parse(at ?? '');
  return Number.isNaN(ms) ? null : ms;
}

/** What is said where a program does not run on this machine at all, by us, the loader or a shell. */
const REFUSALS: readonly StartSignature[] = [
  { pattern: new RegExp(`^${REFUSED_LINE}cannot start .*: its working directory `), cause: 'bad_config' },
  { pattern: new RegExp(`^${REFUSED_LINE}cannot start `), cause: 'missing_dependencies' },
  { pattern: /error while loading shared libraries: /, cause: 'missing_dependencies' },
  // A program of another architecture is handed to a shell, which reads it as a script: execvp(3).
  { pattern: /^\S+: (line )?\d+: Syntax error: |cannot execute binary file/, cause: 'missing_dependencies' },
];

/** What a shell and the loader end with: the program was found and cannot be executed, or something was not found. */
const REFUSED_EXITS: readonly (number | null)[] = [126, 127];

/** Why a component's program did not run at all; `null` where it did, or where a start may go otherwise by now. */
export async function startRefusal(member: Member, process: ProcessFact): Promise<StartFailure | null> {
  if (process.state !== 'down') return null;
  const words = await lastOutput(member);
  const [line = ''] = words.trimEnd().split('\n').slice(-1);
  const refused = process.exit !== null && REFUSED_EXITS.includes(process.exit.exitCode);
  const failure =
    readStartFailure(words, REFUSALS) ??
    (refused ? { cause: 'missing_dependencies' as const, line: presentable(line.slice(0, 300)) } : null);
  return failure && (await changedSinceLastWord(member, programPlaces(member, failure))) ? null : failure;
}

/** What changes when a program or a library is installed, made executable, or named otherwise. */
function programPlaces(member: Member, { line }: StartFailure): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const named = [/cannot start (.+?): /.exec(line)?.[1], member.spec.command?.[0]];
  const programs = named
    .filter((name) => name !== undefined)
    .map((name) => resolve(workingFolder(member), name))
    .flatMap((file) => [file, dirname(file)]);
  return [join(member.stack.directory, 'davy.json'), '/etc/ld.so.cache', ...folders, ...programs];
}

/**
 * What a component that is gone said about its failed start. Words about its configuration say nothing any more
 * once one of these files was changed.
 */
export async function lastStartFailure(
  member: Member,
  process: ProcessFact,
  signatures: readonly StartSignature[],
  configFiles: readonly string[],
): Promise<StartFailure | null> {
  if (process.state !== 'down') return null;
  const refusal = await startRefusal(member, process);
  if (refusal) return refusal;
  const failure = readStartFailure(await lastOutput(member), signatures);
  return failure?.cause === 'bad_config' && (await changedSinceLastWord(member, configFiles))
    ? null
    : failure;
}

async function changedSinceLastWord(member: Member, files: readonly string[]): Promise<boolean> {
  const saidMs = await stat(outputFile(member)).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  const changes = await Promise.all(files.map(changedAtMs));
  return changes.some((ms) => ms > saidMs);
}

/** When a file was last changed, or put in place of another: a backup that is moved back keeps its own age. */
export async function changedAtMs(file: string): Promise<number> {
  return await stat(file).then(
    ({ ctimeMs }) => ctimeMs,
    () => 0,
  );
}
