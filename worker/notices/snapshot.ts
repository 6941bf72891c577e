import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import type { LogTail, Snapshot, SystemFacts } from '../../core/report.ts';
import type { Stack } from '../components/stack.ts';
import { secretsOf } from '../components/stack.ts';
import { knownSecrets } from '../known-secrets.ts';
import { allMembers } from '../observe.ts';
import { logFilesOf, logTail } from './logs.ts';
import { SYSTEM_FACTS } from './system.ts';

const TIMEOUT_MS = 3_000;
const LOG_CHARS_MAX = 512 * 1024;

/**
 * What can be seen of a stack now: its logs, its host. Whatever fails or does not come in time is left out and
 * named. Never throws: an escalation does not wait for its report.
 * @param component Whose logs come first.
 */
export async function takeSnapshot(
  stack: Stack,
  component: string | null,
  timeoutMs = TIMEOUT_MS,
): Promise<Snapshot> {
  const takenAt = new Date().toISOString();
  const logs = new Map<string, LogTail>();
  const system: Partial<SystemFacts> = {};
  const problems: string[] = [];
  const pending = new Set<string>();
  const piece = async (what: string, work: () => Promise<void>) => {
    pending.add(what);
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
    }
    pending.delete(what);
  };
  const members = allMembers(stack).sort((one, other) => rank(one, component) - rank(other, component));
  const files = members.flatMap((member) =>
    logFilesOf(member).map((file) => ({ name: member.ref.name, file })),
  );
  const facts = Object.keys(SYSTEM_FACTS) as (keyof SystemFacts)[];
  const secrets = knownSecrets(stack).catch(() => secretsOf(stack));
  const all = Promise.all([
    ...files.map(({ name, file }) =>
      piece(file, async () => void logs.set(file, await logTail(name, file, await secrets))),
    ),
    ...facts.map((name) =>
      piece(name, async () => void Object.assign(system, { [name]: await SYSTEM_FACTS[name](stack) })),
    ),
  ]);
  const done = new AbortController();
  await Promise.race([all, pause(timeoutMs, undefined, { signal: done.signal, ref: false }).catch(() => {})]);
  done.abort();
  const late = [...pending].map((what) => `${what}: not known within ${timeoutMs} ms`);
  const read = files.flatMap(({ file }) => logs.get(file) ?? []);
  const { kept, dropped } = bounded(read);
  return { takenAt, logs: kept, system: { ...system }, problems: [...problems, ...late, ...dropped] };
}

function rank({ ref }: { ref: { name: string } }, component: string | null): number {
  return ref.name === component ? 0 : 1;
}

/** As many logs as fit, in their order. */
function bounded(logs: readonly LogTail[]): { kept: LogTail[]; dropped: string[] } {
  const kept: LogTail[] = [];
  const dropped: string[] = [];
  let chars = 0;
  for (const log of logs) {
    const size = log.lines.reduce((sum, line) => sum + line.length + 1, 0);
    if (chars + size > LOG_CHARS_MAX) dropped.push(`${log.file}: left out, the report is full`);
    else {
      chars += size;
      kept.push(log);
    }
  }
  return { kept, dropped };
}
