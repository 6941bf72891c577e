import { z } from 'zod';

/** Work that a pool hands out; source: the de-facto Stratum v1 `mining.notify`. */
export interface StratumJob {
  id: string;
  /** Display order, as getbestblockhash prints it. */
  previousBlockHash: string;
  /** Of a share, as last set by the pool; 1 where it set none. */
  difficulty: number;
  versionHex: string;
  /** Compact target as hexadecimal. */
  bits: string;
  /** The work before is void. */
  cleanJobs: boolean;
}

/** A line of the pool, sorted by what it means to us. */
export type StratumMessage =
  | { type: 'answer'; id: number; result: unknown; error: string | null }
  | { type: 'notify'; job: Omit<StratumJob, 'difficulty'> }
  | { type: 'difficulty'; difficulty: number }
  | { type: 'other' }
  | { type: 'malformed'; detail: string };

const hex = (chars: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${chars}}$`));

const Notify = z.tuple(
  [z.string(), hex(64), z.string(), z.string(), z.array(z.string()), hex(8), hex(8), hex(8), z.boolean()],
  z.unknown(),
);
const SetDifficulty = z.tuple([z.number().positive()], z.unknown());
const Line = z.object({
  id: z.unknown().optional(),
  method: z.string().nullish(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});

export const Subscription = z.tuple([z.unknown(), z.string(), z.number().int().nonnegative()], z.unknown());

/** Reads one line. Methods that a miner may ignore are `other`. */
export function parseMessage(line: string): StratumMessage {
  const parsed = Line.safeParse(parseJson(line));
  if (!parsed.success) return { type: 'malformed', detail: `not a Stratum message: ${excerpt(line)}` };
  const { id, method, params, result, error } = parsed.data;
  if (method === 'mining.notify') return notify(params);
  if (method === 'mining.set_difficulty') return difficulty(params);
  if (method || id === null || id === undefined) return { type: 'other' };
  return { type: 'answer', id: Number(id), result, error: errorText(error) };
}

export function request(id: number, method: string, params: readonly unknown[]): string {
  return `${JSON.stringify({ id, method, params })}\n`;
}

/**
 * Stratum sends the hash as eight 32-bit words with the bytes of each word swapped. Undoing that and then
 * reversing all bytes into display order leaves every word as it was sent, in reverse order.
 */
export function decodePreviousHash(sent: string): string {
  return (sent.toLowerCase().match(/.{8}/g) ?? []).reverse().join('');
}

function notify(params: unknown): StratumMessage {
  const parsed = Notify.safeParse(params);
  if (!parsed.success)
    return { type: 'malformed', detail: `mining.notify with ${excerpt(JSON.stringify(params))}` };
  const [id, previousHash, , , , versionHex, bits, , cleanJobs] = parsed.data;
  return {
    type: 'notify',
    job: { id, previousBlockHash: decodePreviousHash(previousHash), versionHex, bits, cleanJobs },
  };
}

function difficulty(params: unknown): StratumMessage {
  const parsed = SetDifficulty.safeParse(params);
  if (parsed.success) return { type: 'difficulty', difficulty: parsed.data[0] };
  return { type: 'malformed', detail: `mining.set_difficulty with ${excerpt(JSON.stringify(params))}` };
}

/** Pools answer errors as `[code, message, trace]`, as `{code, message}` or as a string. */
function errorText(error: unknown): string | null {
  if (error === null || error === undefined || error === false) return null;
  if (Array.isArray(error) && error.length === 0) return null;
  return excerpt(typeof error === 'string' ? error : JSON.stringify(error));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const MAX_EXCERPT_CHARS = 200;

function excerpt(text: string | undefined): string {
  return (text ?? 'nothing').replace(/\p{Cc}+/gu, ' ').slice(0, MAX_EXCERPT_CHARS);
}
