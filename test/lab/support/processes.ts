import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 10_000;

/** A process of the lab, its standard error, and its end. */
export interface LabProcess {
  readonly child: ChildProcess;
  /** Everything written to standard error so far. */
  stderr(): string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  stop(): Promise<void>;
}

/** Starts `lab/<program>/main.ts`. */
export function startLab(program: 'pool' | 'miner', argv: string[], environment = {}): LabProcess {
  const run = join(import.meta.dirname, '../../../bin/run.js');
  const child = spawn(process.execPath, [run, `lab/${program}/main.ts`, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  return {
    child,
    stderr: () => output,
    ended,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A pool process with its log. */
export interface PoolProcess extends LabProcess {
  readonly port: number;
  log(): string;
}

/** Writes a pool's configuration into `dir` and starts it; it may not be listening yet. */
export async function startPoolProcess(
  dir: string,
  config: object & { stratum: { port: number } },
): Promise<PoolProcess> {
  const logFile = join(dir, 'pool.log');
  const configFile = join(dir, 'pool.json');
  await writeFile(configFile, JSON.stringify({ ...config, logging: { file: logFile } }));
  return {
    ...startLab('pool', ['--config', configFile]),
    port: config.stratum.port,
    log: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''),
  };
}

/** Waits until `check` gives something truthy, and returns it. Throws after 10 s, or `deadlineMs`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Did not happen in time: ${what}`);
    await pause(10);
  }
}

/** A directory of its own for one test file. */
export async function temporaryDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'davylamp-lab-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
