import { z } from 'zod';
import { ProblemError } from './problem.ts';

const id = z.uuid();

/** A place in a list: behind what has that id. Clients are not to look into it. */
export function writeCursor(lastId: string): string {
  return Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** @throws ProblemError 400 where it is not one of ours. */
export function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const lastId = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (!id.safeParse(lastId).success || writeCursor(lastId) !== cursor) throw notOurs();
  return lastId;
}

export function notOurs(): ProblemError {
  return new ProblemError('invalid-cursor', 'The cursor is not one that a list has given.', {
    nextStep: 'Take the "nextCursor" of the page before, or leave the cursor out to begin anew.',
  });
}
