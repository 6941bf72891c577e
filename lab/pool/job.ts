import { reversed, swappedWords, uint32Hex } from '../protocol/bytes.ts';
import { type CoinbaseParts, planCoinbase, withReservedWitness } from '../protocol/coinbase.ts';
import { sha256d } from '../protocol/hash.ts';
import { encodeHeader } from '../protocol/header.ts';
import { merkleBranch, merkleRoot } from '../protocol/merkle.ts';
import { targetFromBits } from '../protocol/target.ts';
import { encodeVarint } from '../protocol/varint.ts';
import type { BlockTemplate } from './template.ts';

export const EXTRANONCE1_BYTES = 4;
export const EXTRANONCE2_BYTES = 4;

/** One piece of work: a template with a coinbase around it. */
export interface Job {
  readonly id: string;
  readonly template: BlockTemplate;
  readonly coinbase: CoinbaseParts;
  readonly branch: readonly Buffer[];
  readonly networkTarget: bigint;
}

/** What a miner found, decoded. */
export interface Solution {
  readonly extranonce1: Buffer;
  readonly extranonce2: Buffer;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly nonce: number;
}

/** Makes a job that pays the template's reward to `payoutScript`. */
export function createJob(id: string, template: BlockTemplate, payoutScript: Buffer): Job {
  const commitment = template.default_witness_commitment;
  const coinbase = planCoinbase({
    height: template.height,
    value: template.coinbasevalue,
    payoutScript,
    witnessCommitment: commitment === undefined ? undefined : Buffer.from(commitment, 'hex'),
    flags: Buffer.from(template.coinbaseaux.flags ?? '', 'hex'),
    extranonceBytes: EXTRANONCE1_BYTES + EXTRANONCE2_BYTES,
  });
  const transactionIds = template.transactions.map(({ txid }) => reversed(Buffer.from(txid, 'hex')));
  const networkTarget = targetFromBits(Number.parseInt(template.bits, 16));
  return { id, template, coinbase, branch: merkleBranch(transactionIds), networkTarget };
}

/** The parameters of `mining.notify`, in the byte orders that minerd expects. */
export function notifyParams(job: Job, cleanJobs: boolean): unknown[] {
  const { template, coinbase, branch } = job;
  return [
    job.id,
    swappedWords(previousHash(job)).toString('hex'),
    coinbase.head.toString('hex'),
    coinbase.tail.toString('hex'),
    branch.map((hash) => hash.toString('hex')),
    uint32Hex(template.version),
    template.bits,
    uint32Hex(template.curtime),
    cleanJobs,
  ];
}

/** The coinbase of a solution, without witness: the form that its id is made of. */
export function coinbaseOf(job: Job, solution: Solution): Buffer {
  const { head, tail } = job.coinbase;
  return Buffer.concat([head, solution.extranonce1, solution.extranonce2, tail]);
}

/** The 80-byte header of a solution. */
export function headerOf(job: Job, solution: Solution): Buffer {
  return encodeHeader({
    version: job.template.version,
    previousHash: previousHash(job),
    merkleRoot: merkleRoot(sha256d(coinbaseOf(job, solution)), job.branch),
    time: solution.time,
    bits: Number.parseInt(job.template.bits, 16),
    nonce: solution.nonce,
  });
}

/** The whole block of a solution in hex, as `submitblock` takes it. */
export function blockOf(job: Job, solution: Solution): string {
  const { transactions, default_witness_commitment: commitment, mweb } = job.template;
  const plain = coinbaseOf(job, solution);
  const coinbase = commitment === undefined ? plain : withReservedWitness(plain);
  const head = Buffer.concat([headerOf(job, solution), encodeVarint(transactions.length + 1), coinbase]);
  const body = transactions.map(({ data }) => data).join('');
  // Litecoin appends its extension block as an optional: one byte that says present, then the block.
  const extension = mweb === undefined ? '' : `01${mweb}`;
  return `${head.toString('hex')}${body}${extension}`;
}

function previousHash(job: Job): Buffer {
  return reversed(Buffer.from(job.template.previousblockhash, 'hex'));
}
