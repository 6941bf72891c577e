import type { KeyPlace } from '../../db/keys.ts';
import { invalidCursor } from './cursor.ts';

const PLACE = /^([0-9a-f]{16})([0-9a-f]{16})$/;
/** The year 9999: what both Postgres and JavaScript write in the same way. */
const LAST_MS = Date.UTC(9999, 0);

/** A place in the list of keys, whose ids say nothing of their age. */
export function writeKeyCursor({ createdAt, id }: KeyPlace): string {
  return Buffer.from(`${createdAt.getTime().toString(16).padStart(16, '0')}${id}`, 'hex').toString(
    'base64url',
  );
}

/** @throws ProblemError 400 where it is not one of ours. */
export function readKeyCursor(cursor: string): KeyPlace {
  const [, ms = '', id = ''] = PLACE.exec(Buffer.from(cursor, 'base64url').toString('hex')) ?? [];
  const createdAt = Number.parseInt(ms, 16);
  if (!(createdAt <= LAST_MS) || writeKeyCursor({ createdAt: new Date(createdAt), id }) !== cursor)
    throw invalidCursor();
  return { createdAt: new Date(createdAt), id };
}
