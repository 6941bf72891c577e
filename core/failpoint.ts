/**
 * The places in which a crash would be worst. `commit`: an accepted run is committed, nobody was called;
 * `answer`: before the client hears of it; `claim`: a run was taken; `intent`: its attempt is saved as begun;
 * `act`: the attempt did what it does, unsaved; `record`: what came of it is saved, nobody was called; `enqueue`:
 * the next was called; `acknowledge`: before the queue hears that its job is done; `reset`: a step of a reset.
 */
export const FAILPOINTS = [
  'commit',
  'answer',
  'claim',
  'intent',
  'act',
  'record',
  'enqueue',
  'acknowledge',
  'reset',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/**
 * Says that a failpoint is reached; tests switch them on, and then it may not return.
 * @param where tells one passage from another: a stage's id, `recovery`, or the step of a reset
 */
export type Reach = (point: Failpoint, where: string) => void;

/** What failpoints do unless somebody asked for more. */
export const noFailpoints: Reach = () => {};
