const KEY = /(davy_[0-9a-f]{16})_[0-9a-f]+/gi;

/** Somebody who revokes a key may paste all of it into a path: of keys, only their ids are kept. */
export function redactKeys(text: string): string {
  return text.replace(KEY, '$1_...');
}
