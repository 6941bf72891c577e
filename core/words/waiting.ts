import type { WaitingFor } from '../waiting.ts';
import { runStatusWord } from './run.ts';

type Told<Kind extends WaitingFor['kind']> = Extract<WaitingFor, { kind: Kind }>;
type Phrases = {
  [Kind in WaitingFor['kind']]: (wait: Told<Kind>, at: (instant: string) => string) => string;
};

const PHRASES: Phrases = {
  run: ({ runId, pipelineName, status, position }) =>
    `waits for run ${runId} (${pipelineName}, ${runStatusWord(status)}), ${position} before it`,
  worker: ({ host, lastSeenAt }, at) =>
    `waits for the worker of host ${host}, ${lastSeenAt === null ? 'never seen' : `last seen at ${at(lastSeenAt)}`}`,
  environment: ({ environment, host, lastSeenAt }, at) =>
    `waits for environment ${environment}, which the worker of host ${host} has not found since ${at(lastSeenAt)}`,
  retry: (wait, at) => `waits for its next recovery attempt at ${at(wait.at)}`,
  cancel: () => 'waits for its worker to end it',
  call: () => 'is about to be taken',
};

/** What a run waits for. `at` writes a time the way the reader reads it; as ISO 8601 unless told otherwise. */
export function waitingPhrase(
  wait: WaitingFor,
  at: (instant: string) => string = (instant) => instant,
): string {
  const phrase = PHRASES[wait.kind] as (wait: WaitingFor, at: (instant: string) => string) => string;
  return phrase(wait, at);
}
