import { liesIn } from './mounts.ts';
import { descriptorNames, listPids, procLink } from './proc.ts';

/** A process that works in a path, runs from it or has files open there; `null`: none that we can see. */
export function userOf(path: string): number | null {
  const inside = (link: string | null) => link?.startsWith('/') === true && liesIn(link, path);
  const uses = (pid: number) =>
    ['cwd', 'root', 'exe'].some((link) => inside(procLink(pid, link))) ||
    (descriptorNames(pid) ?? []).some((name) => inside(procLink(pid, `fd/${name}`)));
  return listPids().find(uses) ?? null;
}
