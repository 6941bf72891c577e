import { createHash, scryptSync } from 'node:crypto';

/** The proof-of-work functions that the practice stack can mine. */
export type Algorithm = 'sha256d' | 'scrypt';

export const algorithms: readonly Algorithm[] = ['sha256d', 'scrypt'];

const litecoinScrypt = { N: 1024, r: 1, p: 1 };
const HASH_BYTES = 32;

/** SHA-256 applied twice: Bitcoin's hash for blocks, transactions and merkle trees, in internal byte order. */
export function sha256d(data: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(data).digest()).digest();
}

/** The hash of an 80-byte header that is compared with a target, as a little-endian number. */
export function powHash(algorithm: Algorithm, header: Uint8Array): Buffer {
  if (algorithm === 'sha256d') return sha256d(header);
  return scryptSync(header, header, HASH_BYTES, litecoinScrypt);
}
