import type { Layer, Outcome } from './fault.ts';

/** One time that a fault was provoked. Times in milliseconds after the harm. */
export interface Trial {
  outcome: Outcome | 'nothing' | 'late';
  detectedMs: number | null;
  /** Until the drill's own proof held. */
  provenMs: number | null;
  diagnosed: string[];
  strategies: string[];
  actions: string[];
  escalation: { reason: string; detail: string } | null;
  /** What was not as expected; empty: all was. */
  problems: string[];
}

/** What came of a fault. */
export interface DrillResult {
  fault: string;
  layer: Layer;
  title: string;
  environment: string;
  expected: Outcome;
  /** Why it was not provoked; `null` where it was. */
  skipped: string | null;
  /** Why the stack is of no use any more after it; `null` where it is. */
  wreck: string | null;
  trials: Trial[];
  /** How long a bare script took to restart the component and prove it, each time. */
  floorsMs: number[];
  asExpected: boolean;
}
