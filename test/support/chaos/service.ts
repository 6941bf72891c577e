import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readStat } from '../../../worker/host/proc.ts';

const DAVY = fileURLToPath(new URL('../../../bin/davy.js', import.meta.url));
const RESTART_PAUSE_MS = 100;

/** `davy api` or `davy worker` as a process of its own that is started again whenever it ends. It dies with us. */
export class Service {
  readonly name: string;
  /** Where its output goes. */
  readonly logFile: string;
  /** How often it ended, for whatever reason. */
  ends = 0;
  private readonly command: 'api' | 'worker';
  private readonly variables: Readonly<Record<string, string>>;
  private readonly user: number | undefined;
  private child: ChildProcess | null = null;
  private wanted = false;

  constructor(parts: {
    name: string;
    command: 'api' | 'worker';
    variables: Readonly<Record<string, string>>;
    logFile: string;
    /** The uid that it runs under; ours unless told otherwise. */
    user?: number | undefined;
  }) {
    this.name = parts.name;
    this.command = parts.command;
    this.variables = parts.variables;
    this.logFile = parts.logFile;
    this.user = parts.user;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  start(): void {
    this.wanted = true;
    this.launch();
  }

  /** `false` where it does not run just now. */
  signal(name: NodeJS.Signals): boolean {
    return this.child?.kill(name) ?? false;
  }

  isFrozen(): boolean {
    return this.pid !== null && readStat(this.pid)?.state === 'T';
  }

  /** Ends it for good, by SIGKILL. */
  async end(): Promise<void> {
    this.wanted = false;
    const { child } = this;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  private launch(): void {
    const log = openSync(this.logFile, 'a');
    const user = this.user === undefined ? [] : [`--reuid=${this.user}`, '--clear-groups'];
    const child = spawn('setpriv', [...user, '--pdeathsig=KILL', process.execPath, DAVY, this.command], {
      cwd: '/',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.variables },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    child.once('exit', () => {
      this.child = null;
      this.ends++;
      if (this.wanted) void this.launchAgain();
    });
  }

  private async launchAgain(): Promise<void> {
    await pause(RESTART_PAUSE_MS);
    if (this.wanted && this.child === null) this.launch();
  }
}
