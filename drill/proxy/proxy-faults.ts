/** What a fault proxy can do to its component's clients. */
export const PROXY_FAULTS = [
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
export type ProxyFault = (typeof PROXY_FAULTS)[number];

/** The fault that a proxy injects at the moment; `null`: it only forwards. */
export interface ProxyState {
  fault: ProxyFault | null;
}
