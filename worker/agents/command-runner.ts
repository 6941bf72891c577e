import { realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { type Command, PATTERN_FLAGS, rulesAfterExit } from '../../core/command.ts';
import { DavyError, messageOf } from '../../core/errors.ts';
import type { Failure } from '../../core/run.ts';
import type { Stack } from '../components/stack.ts';
import { type DurableResult, endDurably, runDurably } from '../host/durable/durable-command.ts';
import type { StartFailure } from '../host/launch.ts';
import { firstMatch } from '../host/pattern.ts';
import { escapeControls, redact } from '../host/presentable.ts';
import { knownSecrets, secretVariables } from '../known-secrets.ts';
import { decided, type Executors, failed, type StageVerdict } from './agent.ts';
import { tailOf } from './command-output.ts';

/** Of each stream. */
const SEARCHED_BYTES = 32_768;
const EVIDENCE_BYTES = 4_096;
const REASON_BYTES = 512;
/** Where the command names no limit, that of its stage comes first. */
const TIMEOUT_MAX_SECONDS = 86_400;

function timeoutSecondsOf({ timeoutSeconds }: Command): number {
  return timeoutSeconds ?? TIMEOUT_MAX_SECONDS;
}

export const commandRunner: Executors<'run_command'> = {
  async run_command({ stage, stack, attemptId, signal, saved }) {
    const { command } = stage;
    if (!command) return failed('bad_config', `stage ${stage.id} has no command`);
    const cwd = await folderOf(stack, command.cwd ?? '.');
    signal.throwIfAborted();
    const result = await runDurably(command.argv, {
      ...runOf(stack, attemptId),
      saved,
      cwd,
      signal,
      timeoutMs: timeoutSecondsOf(command) * 1000,
      maxOutputBytes: SEARCHED_BYTES,
      ...(command.env && { env: command.env }),
    });
    signal.throwIfAborted();
    const secrets = [...(await knownSecrets(stack)), ...secretVariables(command.env)];
    return await verdictOn(command, result, secrets);
  },
};

/** Where a run of a command leaves its traces. */
function runOf({ stateDirectory }: Pick<Stack, 'stateDirectory'>, attemptId: string) {
  return { folder: join(stateDirectory, 'commands', attemptId), attemptId };
}

/** Ends what an earlier life of an attempt began, where it still runs. */
export async function endCommand(stack: Pick<Stack, 'stateDirectory'>, attemptId: string): Promise<void> {
  await endDurably(runOf(stack, attemptId));
}

const NOT_STARTED: Readonly<Record<StartFailure, string>> = {
  not_found: 'missing_dependencies',
  not_executable: 'bad_config',
  bad_directory: 'bad_config',
  failed: 'command_failed',
};

/** Where the command runs; symlinks lead no way out of the stack's folder. */
async function folderOf({ directory }: Stack, cwd: string): Promise<string> {
  const real = await realpath(resolve(directory, cwd)).catch(() => null);
  if (real === null) throw new DavyError('bad_config', `the command's folder ${cwd} is not there`);
  if (real !== directory && !real.startsWith(directory.replace(/\/?$/, sep)))
    throw new DavyError('bad_config', `the command's folder ${cwd} leads out of ${directory} to ${real}`);
  return real;
}

async function verdictOn(
  command: Command,
  result: DurableResult,
  secrets: readonly string[],
): Promise<StageVerdict> {
  const output = joined(result.stdout, result.stderr);
  const shown = redact(output, secrets);
  const { exitCode, signal, timedOut } = result;
  const evidence = {
    exitCode,
    signal,
    timedOut,
    durationMs: Math.round(result.durationMs),
    outputTail: escapeControls(tailOf(shown, EVIDENCE_BYTES)),
    ...(Buffer.byteLength(shown) > EVIDENCE_BYTES && { outputCut: true }),
  };
  const fail = ({ code, message }: Failure) => {
    const said = escapeControls(tailOf(shown, REASON_BYTES));
    return failed(code, said === '' ? message : `${message}: ${said}`, evidence);
  };
  const [program] = command.argv;
  if (exitCode === null || timedOut) return fail(brokenOff(command, result));
  try {
    const decision = await decisionOn(command, exitCode, output);
    if (decision !== null) return decided(decision, evidence);
    const message = `${program} ended with exit code ${exitCode}, for which no rule holds`;
    return fail({ code: 'command_failed', message });
  } catch (error) {
    const message = `${program} ended with exit code ${exitCode}, but ${messageOf(error)}`;
    return fail({ code: 'bad_config', message });
  }
}

/** Why a command came to no end of its own. */
function brokenOff(command: Command, result: DurableResult): Failure {
  const { failure, timedOut, signal, tooMuchOutput, interrupted } = result;
  const [program] = command.argv;
  if (interrupted) {
    const began = interrupted.toISOString();
    const message = `${program} began at ${began} and was cut off; whether it took effect is unknown`;
    return { code: 'interrupted', message };
  }
  if (tooMuchOutput) return { code: 'command_failed', message: `${program} was ended: it wrote too much` };
  if (failure) return { code: NOT_STARTED[failure], message: `${program} was not started` };
  if (timedOut)
    return { code: 'timeout', message: `${program} did not end within ${timeoutSecondsOf(command)} s` };
  return { code: 'command_failed', message: `${program} was ended by ${signal ?? 'a signal'}` };
}

/** What the rules make of the end of a command; `null` where none holds. */
async function decisionOn(command: Command, exitCode: number, output: string): Promise<string | null> {
  const rules = rulesAfterExit(command, exitCode);
  const patterns = rules.flatMap(({ pattern }) => pattern ?? []);
  const found = await firstMatch(patterns, { flags: PATTERN_FLAGS, text: output });
  const rule = rules[found === -1 ? patterns.length : found];
  return rule?.choice ?? command.otherwise ?? null;
}

/** Standard output, then standard error, so that a line of the one never runs on into the other. */
function joined(stdout: string, stderr: string): string {
  const gap = stdout === '' || stderr === '' || stdout.endsWith('\n') ? '' : '\n';
  return `${stdout}${gap}${stderr}`;
}
