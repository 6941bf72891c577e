import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { waitUntil } from '../../../worker/host/deadline.ts';

export type Variables = Readonly<Record<string, string>>;

/** A process of one version of Davylamp. It dies with us. */
export interface DavyProcess {
  /** Waits until its output contains this. */
  untilItSays(words: string): Promise<void>;
  says(words: string): boolean;
  /** The exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

const WORDS_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

/** Starts `davy <command>` of a checkout for the running test. */
export function startDavy(
  checkout: string,
  command: 'api' | 'worker' | 'migrate',
  { variables, logFile }: { variables: Variables; logFile: string },
): DavyProcess {
  const log = openSync(logFile, 'a');
  const argv = ['--pdeathsig=KILL', process.execPath, join(checkout, 'bin/davy.js'), command];
  const child = spawn('setpriv', argv, {
    cwd: checkout,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...variables },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  onTestFinished(async () => {
    await ended(child, 'SIGKILL');
  });
  const output = () => readFileSync(logFile, 'utf8');
  return {
    says: (words) => output().includes(words),
    async untilItSays(words) {
      await waitUntil(
        async () => {
          if (output().includes(words)) return true;
          if (isOver(child)) throw new Error(`davy ${command} ended: ${output()}`);
          return false;
        },
        { timeoutMs: WORDS_TIMEOUT_MS, intervalMs: POLL_MS, what: `davy ${command} says "${words}"` },
      );
    },
    end: (signal) => ended(child, signal),
  };
}

/** Runs `davy migrate` of a checkout to its end. */
export async function migrateWith(checkout: string, databaseUrl: string): Promise<void> {
  const argv = [join(checkout, 'bin/davy.js'), 'migrate'];
  const child = spawn(process.execPath, argv, {
    cwd: checkout,
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`davy migrate of ${checkout} ended with ${code}`);
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  if (!isOver(child)) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return child.exitCode ?? child.signalCode;
}
