/**
 * How far a reset that wipes data has come, kept where a crash leaves it. `clearing`: the wallets are copied, and
 * data is being moved aside; `cleared`: it is aside, and the wallets are back in their new place; `proven`: the
 * stack works without it, which is being deleted; `done`: it is. `undoing`: it is being put back, and the reset
 * has failed; `undone`: it is back. Both ends are kept until another reset begins: whoever asks again under the same
 * attempt, because its outcome was not saved, is told the outcome, and nothing is wiped a second time.
 */
export type ResetProgress =
  | { phase: 'clearing' | 'cleared' | 'proven' | 'done' }
  | { phase: 'undoing' | 'undone'; failure: { code: string; message: string } };

/**
 * What one reset does to its host, bound to the attempt that it belongs to. Everything may be asked for again,
 * in the same life or after a crash: what is done already is not done twice.
 */
export interface ResetHost {
  /** `null`: this attempt has not begun to move anything. */
  progress(): Promise<ResetProgress | null>;
  record(progress: ResetProgress): Promise<void>;
  /** A miner whose alternative ran is the first one again from its next start on. */
  stop(component: string): Promise<string>;
  /** What a reset that wipes data clears. @throws {UnsafePathError} with nothing touched */
  pathsToClear(): Promise<string[]>;
  copyWallets(): Promise<void>;
  /** Moves a path that is to be cleared aside. What lies aside already stays: its path holds what grew since. */
  setAside(path: string): Promise<'moved' | 'already' | 'absent'>;
  /** Into the new, empty place of each chain. Only while no daemon has run there. */
  restoreWallets(): Promise<void>;
  configure(): Promise<void>;
  /** The daemon and its peers. */
  startDaemons(): Promise<void>;
  /** Makes what is missing of the first blocks, and tells the height. */
  fund(): Promise<number>;
  startPool(): Promise<void>;
  startMiner(component: string): Promise<void>;
  /** @throws DavyError `reset_unverified` */
  verify(): Promise<void>;
  /** In place of what grew there. `false`: it is there already. */
  putBack(path: string): Promise<boolean>;
  /** From here on it is only deleted. `false`: nothing of this path lies aside. */
  markForDeletion(path: string): Promise<boolean>;
  /** Deletes for good what is marked of this path. `false`: nothing is. */
  delete(path: string): Promise<boolean>;
}
