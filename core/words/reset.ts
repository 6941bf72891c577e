import type { ResetStepName, ResetType } from '../reset.ts';
import { componentPhrase } from './failure.ts';
import { known, readable } from './text.ts';

const TYPES = {
  soft: 'Stop everything and start it again. Nothing is deleted.',
  config: 'Write the configuration anew and restart everything. No data is deleted.',
  data: 'Stop everything, delete the practice chain, pool data and logs, and start anew. Wallets are copied first.',
  full: 'Delete the practice chain, pool data and logs, write the configuration anew, and start anew. Wallets are copied first.',
} satisfies Record<ResetType, string>;

/** What a reset of this type does to a stack. */
export function resetTypeSentence(type: string): string {
  return known<string>(TYPES, type) ?? `A reset of the type ${readable(type)}.`;
}

type Verb = ResetStepName extends infer Name
  ? Name extends `${infer First} ${string}`
    ? First
    : Name
  : never;

const STEPS = {
  resume: () => 'go on with the reset that was cut off',
  stop: (who) => `stop ${who}`,
  clean: () => 'clear the old data away',
  configure: () => 'write the configuration',
  start: (who) => `start ${who}`,
  fund: () => 'mine the first blocks of the new chain',
  verify: () => 'prove that everything works',
  undo: () => 'put the old data back',
} satisfies Record<Verb & string, (who: string) => string>;

/** What a step of a reset does: `stop miner-1`. */
export function resetStepPhrase(step: string): string {
  const [verb = '', component = null] = step.split(' ');
  return known<(who: string) => string>(STEPS, verb)?.(componentPhrase(component)) ?? readable(step);
}
