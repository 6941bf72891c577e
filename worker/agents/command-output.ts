import { firstCharacter } from '../host/output.ts';

/** The last bytes of a text, in whole characters. */
export function tailOf(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  return bytes.subarray(firstCharacter(bytes, bytes.length - maxBytes)).toString('utf8');
}
