import { reversed } from './bytes.ts';
import { sha256d } from './hash.ts';

export const HEADER_BYTES = 80;
const NONCE_OFFSET = 76;

/** The six fields of a block header. Hashes are in internal byte order. */
export interface HeaderFields {
  readonly version: number;
  readonly previousHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  /** Seconds since the epoch. */
  readonly time: number;
  /** The compact network target. */
  readonly bits: number;
  readonly nonce: number;
}

/** The 80 bytes that are hashed. */
export function encodeHeader(fields: HeaderFields): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(fields.version | 0, 0);
  header.set(fields.previousHash, 4);
  header.set(fields.merkleRoot, 36);
  header.writeUInt32LE(fields.time, 68);
  header.writeUInt32LE(fields.bits, 72);
  header.writeUInt32LE(fields.nonce, NONCE_OFFSET);
  return header;
}

/** Changes the nonce of an encoded header in place. */
export function setNonce(header: Buffer, nonce: number): void {
  header.writeUInt32LE(nonce, NONCE_OFFSET);
}

/** The block's name as daemons display it; SHA-256d for every algorithm, scrypt included. */
export function blockHash(header: Uint8Array): string {
  return reversed(sha256d(header)).toString('hex');
}
