const WORD_BYTES = 4;

/** A reversed copy: turns a displayed hash into internal byte order and back. */
export function reversed(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).reverse();
}

/** A copy with the bytes of each 4-byte word reversed: the order in which Stratum sends the previous hash. */
export function swappedWords(bytes: Uint8Array): Buffer {
  if (bytes.length % WORD_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are not whole words.`);
  return Buffer.from(bytes).swap32();
}

/** A number as 4 bytes in hex, most significant first: Stratum's form of version and time. */
export function uint32Hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}

/** True for an even number of hex digits that makes up exactly `lengthBytes`. */
export function isHexOf(lengthBytes: number, value: string): boolean {
  return value.length === lengthBytes * 2 && /^[0-9a-f]*$/i.test(value);
}
