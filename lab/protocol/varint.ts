/** Bitcoin's CompactSize encoding of a count or length, 0 to 2^32 - 1. */
export function encodeVarint(value: number): Buffer {
  if (value < 0xfd) return Buffer.of(value);
  if (value <= 0xffff) {
    const bytes = Buffer.alloc(3, 0xfd);
    bytes.writeUInt16LE(value, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(5, 0xfe);
  bytes.writeUInt32LE(value, 1);
  return bytes;
}
