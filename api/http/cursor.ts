import { z } from 'zod';
import { ProblemError } from './problem.ts';

const id = z.uuid();

/** The lists that go on behind an id, each with the byte that its cursors begin with: they are of no use in another. */
const LISTS = { runs: '01', incidents: '02', attempts: '03', audit: '04', deliveries: '05' } as const;
export type List = keyof typeof LISTS;

/** A place in a list: behind what has that id. Clients are not to look into it. */
export function writeCursor(list: List, lastId: string): string {
  return Buffer.from(`${LISTS[list]}${lastId.replaceAll('-', '')}`, 'hex').toString('base64url');
}

/** @throws ProblemError 400 where it is not one that this list has given. */
export function readCursor(list: List, cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  const lastId = hex.replace(/^..(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (!id.safeParse(lastId).success || writeCursor(list, lastId) !== cursor) throw invalidCursor();
  return lastId;
}

export function invalidCursor(): ProblemError {
  return new ProblemError('invalid-cursor', 'The cursor is not one that this list has given.', {
    nextStep: 'Take the "nextCursor" of the page before, or leave the cursor out to begin anew.',
  });
}
