import { type CommandResult, runCommand } from './command.ts';
import { baseEnvironment } from './environment.ts';

export interface AptGet {
  run(args: readonly string[]): Promise<CommandResult>;
}

export interface AptOptions {
  /** For all runs together. */
  timeoutMs: number;
  onLine?: (line: string) => void;
  /** Its abort ends what runs, with its process group. */
  signal?: AbortSignal;
}

const CHECK_MS = 10_000;
/** How long apt waits for another apt or dpkg to finish. */
const LOCK_SECONDS = 120;

/** No questions; and neither sysvinit (RUNLEVEL) nor systemd (SYSTEMD_OFFLINE) starts a service. */
const QUIET = {
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  NEEDRESTART_SUSPEND: '1',
  RUNLEVEL: '1',
  SYSTEMD_OFFLINE: '1',
} as const;

const OPTIONS = [
  '-o',
  `DPkg::Lock::Timeout=${LOCK_SECONDS}`,
  '-o',
  'Dpkg::Options::=--force-confold',
] as const;

/** apt-get with the rights it needs, or the reason why there is none. */
export async function aptGet({
  timeoutMs,
  onLine,
  signal,
}: AptOptions): Promise<AptGet | { unusable: string }> {
  const endsAt = performance.now() + timeoutMs;
  if (!(await works(['apt-get', '--version'])))
    return { unusable: 'not a Debian-like system: there is no apt-get' };
  const prefix = await rootPrefix();
  if (!prefix) return { unusable: 'it needs root, and there is no sudo that asks no password' };
  return {
    run: (args) =>
      runCommand([...prefix, 'apt-get', ...OPTIONS, ...args], {
        timeoutMs: Math.max(1, endsAt - performance.now()),
        env: { ...QUIET, PATH: withSbin(baseEnvironment().PATH) },
        ...(onLine && { onLine }),
        ...(signal && { signal }),
      }),
  };
}

/** sudo drops the environment, so it is set on the other side; unless the sudoers allow apt-get alone. */
async function rootPrefix(): Promise<string[] | null> {
  if (process.getuid?.() === 0) return [];
  const withEnvironment = [
    'sudo',
    '-n',
    'env',
    ...Object.entries(QUIET).map(([name, value]) => `${name}=${value}`),
  ];
  for (const prefix of [withEnvironment, ['sudo', '-n']]) {
    if (await works([...prefix, 'apt-get', '--version'])) return prefix;
  }
  return null;
}

async function works(argv: readonly string[]): Promise<boolean> {
  return (await runCommand(argv, { timeoutMs: CHECK_MS })).exitCode === 0;
}

/** dpkg refuses to work when it cannot find ldconfig and start-stop-daemon. */
function withSbin(path = '/usr/local/bin:/usr/bin:/bin'): string {
  return `${path}:/usr/local/sbin:/usr/sbin:/sbin`;
}
