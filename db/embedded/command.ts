import { execFile } from 'node:child_process';

const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface CommandResult {
  ok: boolean;
  stdout: string;
  /** Standard error, or why the command could not be run at all. */
  stderr: string;
}

/** The environment of every program that we start: an operator's PGDATA, PGPORT or locale must not reach it. */
export function programEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC', ...extra };
}

/** Runs a program to its end and never rejects; after `timeoutMs` it is killed. */
export function runCommand(
  argv: readonly string[],
  options: { timeoutMs: number; environment?: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const [file = '', ...rest] = argv;
  return new Promise((resolve) => {
    execFile(
      file,
      rest,
      {
        cwd: '/',
        env: programEnvironment(options.environment),
        timeout: Math.max(1, Math.ceil(options.timeoutMs)),
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT_BYTES,
      },
      (error, stdout, stderr) =>
        resolve({ ok: error === null, stdout, stderr: stderr.trim() || (error?.message ?? '') }),
    );
  });
}
