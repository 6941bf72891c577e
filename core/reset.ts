import { type Environment, mayManage, mayReset } from './environment.ts';

/**
 * What an environment reset does beside stopping and starting everything. `data`: the practice chain, the
 * pool's data and the logs begin anew. `config`: configuration is generated again. `full`: both.
 */
export const RESET_TYPES = ['soft', 'data', 'full', 'config'] as const;
export type ResetType = (typeof RESET_TYPES)[number];

/** The steps of a reset, as they are told; `stop` and `start` name a component. */
export type ResetStepName =
  | 'resume'
  | `stop ${string}`
  | 'clean'
  | 'configure'
  | `start ${string}`
  | 'fund'
  | 'verify'
  | 'undo';

/** Whether a reset destroys data, and so wants a confirmation and `resettable: true`. */
export const DATA_DESTROYING: Readonly<Record<ResetType, boolean>> = {
  soft: false,
  config: false,
  data: true,
  full: true,
};

/** Whether an environment may be reset in this way: never on a real chain, and data only where the file allows it. */
export function mayResetAs(environment: Environment, type: ResetType): boolean {
  if (DATA_DESTROYING[type]) return mayReset(environment);
  return environment.network === 'regtest' && mayManage(environment);
}
