import { join } from 'node:path';
import type { LogTail } from '../../core/report.ts';
import { type Member, outputFile, pathIn, pathOf } from '../components/stack.ts';
import { tailFile } from '../host/logfile.ts';
import { presentable, redact } from '../host/presentable.ts';

const FILE_BYTES_MAX = 64 * 1024;
const LINES_MAX = 200;
const LINE_CHARS_MAX = 2_000;

/** The files in which a component may have said what is wrong with it. */
export function logFilesOf(member: Member): string[] {
  const declared = member.spec.logFiles.map((file) => pathOf(member, file));
  return [...new Set([outputFile(member), ...debugLog(member), ...declared])];
}

const CHAIN_FOLDERS = { regtest: 'regtest', signet: 'signet', testnet: 'testnet3', mainnet: '' } as const;

function debugLog({ stack, spec }: Member): string[] {
  if (!('dataDir' in spec)) return [];
  return [join(pathIn(stack, spec.dataDir), CHAIN_FOLDERS[stack.environment.network], 'debug.log')];
}

/** The last lines of a log, without secrets and control characters; a missing file reads as empty. */
export async function logTail(component: string, file: string, secrets: readonly string[]): Promise<LogTail> {
  const text = redact(await tailFile(file, FILE_BYTES_MAX), secrets);
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r\n|\n|\r/);
  return {
    component,
    file,
    lines: lines.slice(-LINES_MAX).map((line) => presentable(line.slice(0, LINE_CHARS_MAX))),
  };
}
