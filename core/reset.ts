/**
 * What an environment reset does beside stopping and starting everything. `data`: the practice chain, the
 * pool's data and the logs begin anew. `config`: configuration is generated again. `full`: both.
 */
export const RESET_TYPES = ['soft', 'data', 'full', 'config'] as const;
export type ResetType = (typeof RESET_TYPES)[number];

/** Whether a reset destroys data, and so wants a confirmation and `resettable: true`. */
export const DATA_DESTROYING: Readonly<Record<ResetType, boolean>> = {
  soft: false,
  config: false,
  data: true,
  full: true,
};
