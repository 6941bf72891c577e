/** Tells the liars of a stack what to do. */
export interface Liars {
  /** From now on the component tells this lie; `null`: it tells the truth. `lasting`: also after a restart. */
  tell(component: 'daemon' | 'pool', lie: string | null, options?: { lasting?: boolean }): Promise<void>;
}
