import { access, constants, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { type AptGet, aptGet } from './apt.ts';
import { type CommandResult, runCommand } from './command.ts';

export type InstallResult =
  | { ok: true; installed: string[] }
  /** `command` is what a person can type to do it. */
  | { ok: false; reason: string; command: string };

export interface InstallOptions {
  /** For everything together, waiting for another package manager included. */
  timeoutMs?: number;
  /** Called with every line that the package manager prints. */
  onLine?: (line: string) => void;
  /** Its abort ends apt-get and everything that it started. */
  signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 300_000;
const QUERY_MS = 10_000;
const INSTALL = ['install', '--yes', '--no-install-recommends'] as const;

/** Path of an executable as a shell would find it; null when there is none. */
export async function commandOnPath(name: string, path = process.env.PATH ?? ''): Promise<string | null> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const candidates = name.includes('/') ? [name] : folders.map((folder) => `${folder}/${name}`);
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return resolve(candidate);
  }
  return null;
}

/** Those that dpkg does not know as fully installed; all of them on a system without dpkg. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  requireNames(names);
  if (names.length === 0) return [];
  const format = `--showformat=\${Package} \${db:Status-Abbrev}\\n`;
  const { stdout } = await runCommand(['dpkg-query', '--show', format, ...names], { timeoutMs: QUERY_MS });
  const lines = stdout.split('\n').map((line) => line.split(' '));
  const installed = new Set(lines.filter(([, status]) => status === 'ii').map(([name]) => name));
  return names.filter((name) => !installed.has(name));
}

/**
 * Installs what is missing with apt-get, as root or through a sudo that asks no password. Services that come
 * with a package are not started. Success is what dpkg says afterwards, not apt's exit code.
 */
export async function installPackages(
  names: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, onLine, signal }: InstallOptions = {},
): Promise<InstallResult> {
  const missing = await missingPackages(names);
  if (missing.length === 0) return { ok: true, installed: [] };
  const command = await commandToType(missing);
  const apt = await aptGet({ timeoutMs, ...(onLine && { onLine }), ...(signal && { signal }) });
  if ('unusable' in apt) return { ok: false, reason: apt.unusable, command };

  const result = await installWithFreshLists(apt, missing);
  signal?.throwIfAborted();
  const left = await missingPackages(missing);
  if (left.length === 0) return { ok: true, installed: missing };
  return { ok: false, reason: `${left.join(', ')} not installed: ${explain(result)}`, command };
}

/** The lists of a fresh machine are empty, and old ones name versions that the mirror has dropped. */
async function installWithFreshLists(apt: AptGet, names: readonly string[]): Promise<CommandResult> {
  const first = await apt.run([...INSTALL, ...names]);
  const listsAreOld = /Unable to locate package|no installation candidate|Failed to fetch/i.test(
    first.stderr,
  );
  if (!listsAreOld) return first;
  const update = await apt.run(['update']);
  return update.exitCode === 0 ? apt.run([...INSTALL, ...names]) : update;
}

function explain({ stdout, stderr, timedOut, exitCode }: CommandResult): string {
  if (timedOut) return 'apt-get took too long';
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => line.startsWith('E: '));
  return (errors.length > 0 ? errors : lines).slice(-3).join(' ') || `apt-get exited with ${exitCode}`;
}

const OTHER_MANAGERS = [
  ['dnf', 'dnf install'],
  ['zypper', 'zypper install'],
  ['pacman', 'pacman -S'],
  ['apk', 'apk add'],
] as const;

async function commandToType(names: readonly string[]): Promise<string> {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  const list = names.join(' ');
  if (await commandOnPath('apt-get')) {
    return `${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends ${list}`;
  }
  for (const [manager, install] of OTHER_MANAGERS) {
    if (await commandOnPath(manager)) return `${sudo}${install} ${list}`;
  }
  return `${sudo}apt-get install --no-install-recommends ${list}`;
}

/** Debian policy 5.6.1; it also keeps anything that could be an option away from apt. */
function requireNames(names: readonly string[]): void {
  const bad = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (bad !== undefined) throw new TypeError(`not a Debian package name: ${JSON.stringify(bad)}`);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
