import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';

/** One line of `/proc/self/mountinfo`. */
export interface Mount {
  point: string;
  fileSystem: string;
  /** The device, the share, or what else whoever mounted it called it. */
  source: string;
}

const POINT = 4;
/** The optional fields end here; the type of the file system and its source follow. */
const SEPARATOR = '-';

/** Reads mountinfo, in which spaces and the like are octal escapes; source: proc_pid_mountinfo(5). */
export function parseMounts(text: string): Mount[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ');
      const [fileSystem = '', source = ''] = fields.slice(fields.indexOf(SEPARATOR, POINT) + 1);
      return { point: unescaped(fields[POINT] ?? ''), fileSystem, source: unescaped(source) };
    });
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Whether a path is a folder or lies in it. */
export function liesIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
}

/** A mount point at a path or below it; `null`: there is none. */
export function mountWithin(path: string, mounts: readonly Mount[]): string | null {
  return mounts.find(({ point }) => liesIn(point, path))?.point ?? null;
}

/**
 * File systems of another machine or of the Windows host: locks do not hold there, and somebody else may be
 * writing. 9p and drvfs are the drives of Windows under WSL.
 */
const FOREIGN = /^(9p|drvfs|nfs\d?|cifs|smb\w*|vboxsf|fuse\.sshfs|fuse\.grpcfuse)$/;

/** The type of the file system that a path lies on, where it is another machine's; `null`: it is this one's. */
export function foreignFileSystem(path: string, mounts: readonly Mount[]): string | null {
  // The last of equals is the one that is seen: it hides the others.
  const [nearest] = mounts
    .filter(({ point }) => liesIn(path, point))
    .reverse()
    .sort((a, b) => b.point.length - a.point.length);
  return nearest && FOREIGN.test(nearest.fileSystem) ? nearest.fileSystem : null;
}

export function readMounts(): Mount[] {
  return parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** The mount through which a descriptor was opened: another one for a bind mount of the same file system too. */
export function mountOf(descriptor: number): string | null {
  return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? null;
}
