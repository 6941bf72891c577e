import type { Period } from '../../../../core/metrics-series.ts';

/** The steps of a plot, and what they are called. */
export interface StepAxis {
  /** Their beginnings, in milliseconds since 1970. */
  steps: readonly number[];
  nameOf(at: number): string;
}

const DAY_SECONDS = 86_400;

/** `Nov 3`, or `14:00` where steps are shorter than a day; in UTC. */
export function stepNamer({ days, stepSeconds }: Period): (at: number) => string {
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const day = { month: 'short', day: 'numeric' } as const;
  const parts = stepSeconds >= DAY_SECONDS ? day : days === 1 ? time : { ...day, ...time };
  const format = new Intl.DateTimeFormat('en', { ...parts, timeZone: 'UTC' });
  return (at) => format.format(at);
}

/** The steps that get a label on the axis: as many as are read at a glance. */
export function labelled<T>(steps: readonly T[], atMost: number): { step: T; index: number }[] {
  const every = Math.ceil(steps.length / atMost);
  return steps.map((step, index) => ({ step, index })).filter(({ index }) => index % every === 0);
}
