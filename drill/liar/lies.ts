/** What a liar in the middle can do to its component's clients. */
export const LIES = [
  /** Takes connections and never answers. */
  'mute',
  /** Closes every connection at once. */
  'hang_up',
  /** Answers with something that is not of this protocol. */
  'garbage',
  /** Daemon: says that it is warming up (-28). */
  'warming_up',
  /** Daemon: declines to make block templates (-8). */
  'incompatible',
  /** Daemon: its next start gets next to no file descriptors. */
  'starve',
  /** Pool: hands out no work. */
  'no_job',
  /** Pool: hands out the first job that it ever saw, again and again. */
  'old_job',
  /** Pool: accepts no login. */
  'refuse_logins',
  /** Pool: rejects every share of the next new session that hands one in. */
  'reject_next_session',
] as const;
export type Lie = (typeof LIES)[number];

/** The lie that a liar tells at the moment. */
export interface Mind {
  lie: Lie | null;
}
