import { liesIn } from './mounts.ts';
import { descriptorNames, listPids, procLink, procText, statusField } from './proc.ts';

export interface User {
  pid: number;
  /** As the kernel has it. */
  name: string;
}

/**
 * Another process that works in a path, runs from it or has files open there; `null`: none that we can see. What we
 * read there ourselves, as the last lines of a log, is in nobody's way.
 */
export function userOf(path: string): User | null {
  const inside = (link: string | null) => link?.startsWith('/') === true && liesIn(link, path);
  const uses = (pid: number) =>
    ['cwd', 'root', 'exe'].some((link) => inside(procLink(pid, link))) ||
    (descriptorNames(pid) ?? []).some((name) => inside(procLink(pid, `fd/${name}`)));
  const pid = listPids().find((other) => other !== process.pid && uses(other));
  if (pid === undefined) return null;
  return { pid, name: statusField(procText(pid, 'status') ?? '', 'Name') ?? 'gone by now' };
}
