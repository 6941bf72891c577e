import type { EscalationReason } from '../core/escalation.ts';
import type { Stack } from '../worker/components/stack.ts';
import type { Davylamp } from './davylamp.ts';
import type { FaultProxies } from './proxy/control.ts';

export const LAYERS = ['daemon', 'pool', 'miner', 'environment'] as const;
export type Layer = (typeof LAYERS)[number];

/** What must work again for a layer to count as recovered. */
export type Proven = Exclude<Layer, 'environment'>;

/** One stack to break, and the Davylamp that looks after it. */
export interface FaultTarget {
  stack: Stack;
  davylamp: Davylamp;
  /** Fault proxies between its components and their clients; `null` where there are none. */
  proxies: FaultProxies | null;
}

/** What a fault finds: a healthy stack, and how it was. */
export interface FaultContext extends FaultTarget {
  /** The height of the chain right before the harm. */
  height: number;
  /** Tells the person at the terminal. */
  say(text: string): void;
}

export interface Injected {
  /** The moment of the harm in milliseconds since the epoch: the injector's own, never the detector's. */
  atMs: number;
  /** Takes back what the fault left behind. Called while Davylamp is in maintenance mode. */
  undo?(): Promise<void>;
  /** What the height of the chain must be at least afterwards, where the fault itself raised it. */
  height?: number;
}

/**
 * `healed`: it works again, as the drill's own proof says. `escalated`: a person was called.
 * `undisturbed`: there was nothing to do, and nothing was done.
 */
export type Outcome = 'healed' | 'escalated' | 'undisturbed';

export interface Expectation {
  outcome: Outcome;
  /** The diagnoses that are right, as `component:failure`. */
  diagnoses: readonly string[];
  /** Why a person is called. */
  reason?: EscalationReason;
}

/** One way to break a stack. */
export interface Fault {
  name: string;
  layer: Layer;
  /** What is done to which real process. */
  title: string;
  expects: Expectation;
  /** What must be proven; the fault's own layer, or all of them for the environment, unless told otherwise. */
  proves?: readonly Proven[];
  /** Components whose process must survive the repair; all layers below the fault's own unless told otherwise. */
  keeps?: readonly Proven[];
  /** A component that a bare script can restart just as well: it is the floor to compare with. */
  floor?: Proven;
  /** How long Davylamp may take; 90 s unless told otherwise. */
  deadlineSeconds?: number;
  /** `null`, or why it cannot be provoked there. */
  applies?(target: FaultTarget): string | null;
  /** Does the harm. Returns when it shows, so that a look right after it cannot find all well. */
  inject(context: FaultContext): Promise<Injected>;
}
