import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Notice, noticeLine } from '../../core/notice.ts';
import { assembleReport } from '../../core/report.ts';
import { reportMarkdown } from '../../core/report-markdown.ts';
import type { Database } from '../../db/connection.ts';
import { incidentRecord } from '../../db/incidents.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import type { Stack } from '../components/stack.ts';
import { tailFile } from '../host/logfile.ts';

const TAIL_BYTES = 64 * 1024;

/** Where people are told of escalations: a line each. */
export function escalationLogOf({ stateDirectory }: Stack): string {
  return join(stateDirectory, 'logs', 'escalation.log');
}

/** Writes a notice into the log of its environment, unless it stands there already: a crash may come in between. */
export async function logNotice(database: Database, stack: Stack, notice: Notice): Promise<void> {
  const file = escalationLogOf(stack);
  await mkdir(dirname(file), { recursive: true });
  const tail = await tailFile(file, TAIL_BYTES);
  if (tail.includes(`notice ${notice.id})`)) return;
  const report = await keepReport(database, stack, notice).catch(() => notice.data.report);
  // A line that a crash cut off must not swallow this one.
  const start = tail === '' || tail.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${start}${noticeLine(notice, report)}\n`, { mode: 0o640 });
}

/** Leaves the report beside the log, for those who have a shell on the host and nothing else. */
async function keepReport(database: Database, { stateDirectory }: Stack, { data }: Notice): Promise<string> {
  const file = join(stateDirectory, 'reports', `${data.incidentId}.md`);
  const record = await incidentRecord(database, data.incidentId);
  if (record === null) return data.report;
  await mkdir(dirname(file), { recursive: true, mode: 0o750 });
  await replaceFile(file, reportMarkdown(assembleReport(record.facts, record.snapshot)), 0o640);
  return file;
}
