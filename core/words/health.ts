import type { DesiredState } from '../component.ts';
import type { ComponentHealth } from '../health.ts';
import { known, readable } from './text.ts';

const STATES = {
  running: { running: 'running', frozen: 'hangs', down: 'not running' },
  stopped: { running: 'running, although it should not', frozen: 'hangs', down: 'stopped, as it should be' },
} satisfies Record<DesiredState, Record<ComponentHealth['state'], string>>;

/** `stopped, as it should be`. What is wrong with it beyond that, `failureSentence` says. */
export function componentStateWord({ state, desired }: { state: string; desired: string }): string {
  return known<string>(known(STATES, desired) ?? STATES.running, state) ?? readable(state);
}

/** Of a whole environment, in a few words. */
export function environmentWord(health: { healthy: boolean; stale: boolean; maintained: boolean }): string {
  if (health.maintained) return 'in maintenance: Davylamp looks on and does not act';
  if (health.stale) return 'not known: nobody has looked lately';
  return health.healthy ? 'working' : 'broken';
}

export const WORKS_AGAIN = 'everything that should be running works again';
export const WORKS = 'everything that should be running works';
