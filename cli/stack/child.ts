import { type ChildProcess, spawn } from 'node:child_process';
import { shippedPath } from '../places.ts';
import type { ReadyMessage, ServiceMessage, StartMessage } from '../service/messages.ts';

/** A folder that stays: Node 20 hangs for ever where its folder vanishes while module loaders are registered. */
const HOME = shippedPath('.');

export interface ChildOptions {
  /** A Node script and its arguments. */
  argv: readonly string[];
  /** Gets stdout and stderr. A file and no pipe: a frozen supervisor must not block the child. */
  logFd: number;
  /** Asked for once the child is loaded. */
  startMessage: () => Promise<StartMessage>;
  onReady: (ready: ReadyMessage) => void;
  onNotice: (level: 'warn' | 'error', message: string) => void;
}

export interface Child {
  pid: number | undefined;
  /** Resolves when it has ended, with the reason in words; never rejects. */
  ended: Promise<string>;
  /** SIGTERM, and SIGKILL after the grace. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a service that speaks our messages over Node's IPC channel, and ends when that channel does. */
export function startChild(options: ChildOptions): Child {
  const { argv, logFd } = options;
  // In a group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which ends it in order.
  const child = spawn(process.execPath, argv, {
    cwd: HOME,
    stdio: ['ignore', logFd, logFd, 'ipc'],
    detached: true,
  });
  let failure: string | undefined;
  child.on('message', (message: ServiceMessage) => {
    if (message.type === 'failed') failure = message.message;
    else receive(child, message, options);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(failure ?? `ended with ${signal ?? `exit code ${code}`}`));
  });
  return { pid: child.pid, ended, stop: (graceMs) => stop(child, ended, graceMs) };
}

function receive(
  child: ChildProcess,
  message: Exclude<ServiceMessage, { type: 'failed' }>,
  { startMessage, onReady, onNotice }: ChildOptions,
): void {
  if (message.type === 'ready') onReady(message);
  else if (message.type === 'notice') onNotice(message.level === 'error' ? 'error' : 'warn', message.message);
  else
    startMessage().then(
      (start) => child.connected && child.send(start, () => {}),
      // Without a database there is nothing to start; whoever waits for it hears why.
      () => {},
    );
}

async function stop(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(kill);
}
