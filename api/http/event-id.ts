import { ProblemError } from './problem.ts';

/**
 * The id that a client heard last on a stream that it takes up again; `undefined`: it has heard none.
 * @throws ProblemError 400 where it is not one of ours.
 */
export function readEventId(id: string): number | undefined {
  if (id === '') return undefined;
  if (/^\d{1,15}$/.test(id)) return Number(id);
  throw new ProblemError('invalid-cursor', 'The Last-Event-ID is not one that a stream has given.', {
    nextStep: 'Leave it out to begin anew.',
  });
}
