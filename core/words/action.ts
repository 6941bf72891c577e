import type { Action, ActionType, ResetStep } from '../strategy.ts';
import { componentPhrase } from './failure.ts';
import { resetStepPhrase } from './reset.ts';
import { known, readable } from './text.ts';

/** An action as the API tells of it; a newer API may have further ones. */
export interface ToldAction {
  type: string;
  component?: string | null | undefined;
  port?: number | null | undefined;
  force?: boolean | null | undefined;
  reindex?: boolean | null | undefined;
  /** Of a reset. */
  step?: string | null | undefined;
}

type Phrases = {
  [Type in ActionType]: (action: Extract<Action, { type: Type }>, who: string) => string;
} & { reset: (action: ResetStep) => string };

const PHRASES: Phrases = {
  start: ({ reindex }, who) => `start ${who}${reindex ? ', with its data read anew' : ''}`,
  stop: ({ force }, who) => `stop ${who}${force ? ' by force' : ''}`,
  clear_stale_locks: (_, who) => `remove lock files that ${who} left behind`,
  connect_peers: (_, who) => `connect ${who} with its peers`,
  set_aside_settings: (_, who) => `set aside the settings that ${who} cannot read`,
  move_stratum_port: ({ port }, who) => `move ${who} to Stratum port ${port}`,
  align_credentials: (_, who) => `give ${who} the RPC login of the daemon`,
  align_login: (_, who) => `give ${who} its login of davy.json`,
  switch_miner: (_, who) => `put the alternative of ${who} in its place`,
  redirect_miners: () => 'point the miners at the pool',
  switch_reach: () => 'send the miners to the other address of the pool',
  mine_block: (_, who) => `mine a block, so that ${who} has a tip of today`,
  wait: (_, who) => `give ${who} time to mend itself`,
  reset: ({ step }) => resetStepPhrase(step),
};

type Phrase = (action: ToldAction, who: string) => string;

/** What an action does: `move the pool to Stratum port 13333`. */
export function actionPhrase(action: ToldAction): string {
  const phrase = known(PHRASES as unknown as Record<string, Phrase>, action.type);
  if (phrase) return phrase(action, componentPhrase(action.component ?? null));
  return [readable(action.type), action.component ?? action.step].filter(Boolean).join(' ');
}
