import { encodeVarint } from './varint.ts';

const COINBASE_TAG = Buffer.from('/davylamp/');
const NO_INPUT = Buffer.from(`${'00'.repeat(32)}ffffffff`, 'hex');
const FINAL_SEQUENCE = Buffer.from('ffffffff', 'hex');
const VERSION_BYTES = 4;
const LOCK_TIME_BYTES = 4;
const WITNESS_MARKER = Buffer.from('0001', 'hex');
// BIP141: one stack item of 32 zero bytes, the reserved value behind the witness commitment.
const RESERVED_WITNESS = Buffer.from(`0120${'00'.repeat(32)}`, 'hex');

/** What a coinbase pays, and what it has to carry. */
export interface CoinbasePlan {
  readonly height: number;
  /** Reward and fees in the coin's smallest unit. */
  readonly value: number;
  readonly payoutScript: Buffer;
  /** The output script that commits to the witnesses (BIP141), where the template has one. */
  readonly witnessCommitment: Buffer | undefined;
  /** Bytes that the daemon asks for in the input script. */
  readonly flags: Buffer;
  readonly extranonceBytes: number;
}

/** A coinbase without witness, cut where the extranonces of session and miner go. */
export interface CoinbaseParts {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Lays out the coinbase around a gap of `extranonceBytes`. */
export function planCoinbase(plan: CoinbasePlan): CoinbaseParts {
  const before = Buffer.concat([encodeHeight(plan.height), plan.flags, Buffer.of(plan.extranonceBytes)]);
  const scriptBytes = before.length + plan.extranonceBytes + COINBASE_TAG.length;
  const version = Buffer.from('01000000', 'hex');
  const inputs = encodeVarint(1);
  return {
    head: Buffer.concat([version, inputs, NO_INPUT, encodeVarint(scriptBytes), before]),
    tail: Buffer.concat([COINBASE_TAG, FINAL_SEQUENCE, encodeOutputs(plan), Buffer.alloc(LOCK_TIME_BYTES)]),
  };
}

/** The same coinbase as it stands in a block with witnesses. */
export function withReservedWitness(coinbase: Buffer): Buffer {
  const body = coinbase.subarray(VERSION_BYTES, -LOCK_TIME_BYTES);
  const version = coinbase.subarray(0, VERSION_BYTES);
  const lockTime = coinbase.subarray(-LOCK_TIME_BYTES);
  return Buffer.concat([version, WITNESS_MARKER, body, RESERVED_WITNESS, lockTime]);
}

/** The height as BIP34 wants it: a minimal script number, so OP_1 to OP_16 for the first blocks. */
export function encodeHeight(height: number): Buffer {
  if (height === 0) return Buffer.of(0);
  if (height <= 16) return Buffer.of(0x50 + height);
  const bytes: number[] = [];
  for (let rest = height; rest > 0; rest >>>= 8) bytes.push(rest & 0xff);
  // A set high bit would make the script number negative.
  if (((bytes.at(-1) ?? 0) & 0x80) !== 0) bytes.push(0);
  return Buffer.of(bytes.length, ...bytes);
}

function encodeOutputs(plan: CoinbasePlan): Buffer {
  const outputs = [encodeOutput(plan.value, plan.payoutScript)];
  if (plan.witnessCommitment !== undefined) outputs.push(encodeOutput(0, plan.witnessCommitment));
  return Buffer.concat([encodeVarint(outputs.length), ...outputs]);
}

function encodeOutput(value: number, script: Buffer): Buffer {
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64LE(BigInt(value));
  return Buffer.concat([amount, encodeVarint(script.length), script]);
}
