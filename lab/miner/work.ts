import { swappedWords, uint32Hex } from '../protocol/bytes.ts';
import { sha256d } from '../protocol/hash.ts';
import { encodeHeader } from '../protocol/header.ts';
import { merkleRoot } from '../protocol/merkle.ts';

/** A `mining.notify`, decoded. */
export interface Notice {
  readonly jobId: string;
  readonly previousHash: Buffer;
  readonly coinbaseHead: Buffer;
  readonly coinbaseTail: Buffer;
  readonly branch: readonly Buffer[];
  readonly version: number;
  readonly bits: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly cleanJobs: boolean;
}

/** What the pool gave this session to vary the coinbase with. */
export interface Subscription {
  readonly extranonce1: Buffer;
  readonly extranonce2Bytes: number;
}

/** A header to search, and what to submit with its nonce. */
export interface Work {
  readonly jobId: string;
  readonly extranonce2: string;
  readonly time: string;
  readonly header: Buffer;
}

/** Decodes the parameters of `mining.notify`; undefined when they are not what Stratum says. */
export function parseNotice(params: readonly unknown[]): Notice | undefined {
  const [jobId, previousHash, head, tail, branch, version, bits, time, cleanJobs] = params;
  const texts = [previousHash, head, tail, version, bits, time];
  if (typeof jobId !== 'string' || !texts.every(isHex) || !Array.isArray(branch)) return undefined;
  if (!branch.every(isHash) || !isHash(previousHash)) return undefined;
  return {
    jobId,
    previousHash: swappedWords(Buffer.from(previousHash, 'hex')),
    coinbaseHead: Buffer.from(String(head), 'hex'),
    coinbaseTail: Buffer.from(String(tail), 'hex'),
    branch: branch.map((hash) => Buffer.from(hash, 'hex')),
    version: Number.parseInt(String(version), 16),
    bits: Number.parseInt(String(bits), 16),
    time: Number.parseInt(String(time), 16),
    cleanJobs: cleanJobs === true,
  };
}

/** The work of a notice for the n-th extranonce2. */
export function workOf(notice: Notice, subscription: Subscription, round: number): Work {
  const extranonce2 = extranonceOf(round, subscription.extranonce2Bytes);
  const { coinbaseHead, coinbaseTail } = notice;
  const coinbase = Buffer.concat([coinbaseHead, subscription.extranonce1, extranonce2, coinbaseTail]);
  const root = merkleRoot(sha256d(coinbase), notice.branch);
  return {
    jobId: notice.jobId,
    extranonce2: extranonce2.toString('hex'),
    time: uint32Hex(notice.time),
    header: encodeHeader({ ...notice, merkleRoot: root, nonce: 0 }),
  };
}

function extranonceOf(round: number, bytes: number): Buffer {
  const extranonce = Buffer.alloc(bytes);
  const used = Math.min(bytes, 6);
  if (used > 0) extranonce.writeUIntLE(round % 256 ** used, 0, used);
  return extranonce;
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value);
}

function isHash(value: unknown): value is string {
  return isHex(value) && value.length === 64;
}
