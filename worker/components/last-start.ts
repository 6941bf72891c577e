import { stat } from 'node:fs/promises';
import type { StartFailure } from '../../core/observation.ts';
import { tailFile } from '../host/logfile.ts';
import { type Member, outputFile } from './stack.ts';
import { lastOutput, readStartFailure, type StartSignature } from './supervised.ts';

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

/**
 * What a component that is gone said about its failed start. Words about its configuration say nothing any more
 * once one of these files was changed.
 */
export async function lastStartFailure(
  member: Member,
  signatures: readonly StartSignature[],
  configFiles: readonly string[],
): Promise<StartFailure | null> {
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
