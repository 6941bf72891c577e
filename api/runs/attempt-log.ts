import type { Note } from '../../db/attempts.ts';

const LOG_BYTES_MAX = 64 * 1024;

export interface AttemptLog {
  /** The last of it, where it is too long. */
  text: string;
  /** Whether something before it is missing. */
  cut: boolean;
}

/**
 * What an attempt wrote: the output of a command, as its worker kept it, or the steps of a repair, a line each.
 * `null`: it wrote nothing.
 */
export function attemptLog(
  { outputTail, outputCut }: Record<string, unknown>,
  notes: readonly Note[] = [],
): AttemptLog | null {
  const output = typeof outputTail === 'string' ? outputTail : '';
  const whole = [...notes.map(lineOf), ...(output === '' ? [] : [output])].join('\n');
  if (whole === '') return null;
  const text = lastBytes(whole, LOG_BYTES_MAX);
  return { text, cut: text !== whole || outputCut === true };
}

function lineOf({ type, at, data }: Note): string {
  return `${at} ${type}: ${oneLine(WORDS[type]?.(data) ?? '')}`;
}

const WORDS: Readonly<Record<string, (data: Record<string, unknown>) => string>> = {
  diagnosis: ({ component, failure, evidence }) =>
    `${component} ${failure}${Array.isArray(evidence) && evidence.length > 0 ? ` (${evidence.join('; ')})` : ''}`,
  strategy: ({ strategy, rung, of, because }) =>
    `${strategy}, step ${rung} of ${of}${because === undefined ? '' : `, because ${because}`}`,
  action: ({ type, step, component, result }) =>
    [[type, step, component].filter((word) => word !== undefined).join(' '), result].join(': '),
};

/** What components print must not be able to begin a line of its own. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** The end of the text, in whole characters. */
function lastBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= max) return text;
  let start = bytes.length - max;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start).toString('utf8');
}
