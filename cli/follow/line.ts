import { timeOfDay } from '../terminal/time-of-day.ts';

/** In which order things are told that have the same time: causes before effects. */
const RANKS = {
  stage_ended: 0,
  incident: 1,
  recovery_begun: 2,
  action: 3,
  recovery_ended: 4,
  closed: 5,
  stage_begun: 6,
};

/** One thing that happened. */
export interface Line {
  /** ISO 8601. */
  at: string;
  kind: keyof typeof RANKS;
  text: string;
}

export function inOrder(lines: readonly Line[]): Line[] {
  return [...lines].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || RANKS[a.kind] - RANKS[b.kind]);
}

export function formatLine({ at, text }: Pick<Line, 'at' | 'text'>): string {
  return `${timeOfDay(at)}  ${text}`;
}
