/** How far back a plot looks, in steps that are few enough to be told apart. */
export interface Period {
  days: number;
  stepSeconds: number;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

export const PERIODS = [
  { days: 1, stepSeconds: HOUR },
  { days: 7, stepSeconds: 6 * HOUR },
  { days: 30, stepSeconds: DAY },
  { days: 90, stepSeconds: 3 * DAY },
  { days: 365, stepSeconds: 14 * DAY },
] as const satisfies readonly Period[];

/** The beginnings of the steps of a period that ends `nowMs`, in milliseconds since 1970: whole steps since then. */
export function stepsOf({ days, stepSeconds }: Period, nowMs: number): number[] {
  const stepMs = stepSeconds * 1_000;
  const first = Math.floor((nowMs - days * DAY * 1_000) / stepMs);
  const last = Math.floor(nowMs / stepMs);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * stepMs);
}

/** How long something took, each time that it happened within a step. */
export interface DurationStats {
  count: number;
  sumMs: number;
  /** `null`: it did not happen. */
  medianMs: number | null;
  p95Ms: number | null;
}

/** What was detected within one step. `at` is in milliseconds since 1970, as all times here. */
export interface DetectedStep {
  at: number;
  /** From the failure to its detection. */
  detection: DurationStats;
  /** From the detection until what was broken worked again. */
  restoration: DurationStats;
}

export interface FailureStep {
  at: number;
  component: string;
  failure: string;
  count: number;
}

/** Recovery attempts that were made, and how they ended; those that are under way or were cut off have no end. */
export interface Attempts {
  total: number;
  successful: number;
  failed: number;
  /** Of the successful ones together, from their beginning to their end. */
  recoveryMs: number;
}

/** The recovery attempts of what was detected within one step. */
export interface AttemptStep extends Attempts {
  at: number;
  component: string;
  strategy: string;
}

export interface MetricsSeries {
  detected: DetectedStep[];
  failures: FailureStep[];
  attempts: AttemptStep[];
}

/** The figures of the whole period. */
export interface SeriesFigures {
  incidents: number;
  attempts: Attempts;
  /** Means in milliseconds; `null`: it did not happen. */
  recoveryTimeMs: number | null;
  timeToDetectionMs: number | null;
  timeToRecoveryMs: number | null;
}

export function figuresOf({ detected, attempts }: MetricsSeries): SeriesFigures {
  const detection = detected.map((step) => step.detection);
  const restoration = detected.map((step) => step.restoration);
  const tried = together(attempts);
  return {
    incidents: sum(detection.map(({ count }) => count)),
    attempts: tried,
    recoveryTimeMs: mean(tried.recoveryMs, tried.successful),
    timeToDetectionMs: meanOf(detection),
    timeToRecoveryMs: meanOf(restoration),
  };
}

/** Several as one. */
export function together(attempts: readonly Attempts[]): Attempts {
  const all = (name: keyof Attempts) => sum(attempts.map((one) => one[name]));
  return {
    total: all('total'),
    successful: all('successful'),
    failed: all('failed'),
    recoveryMs: all('recoveryMs'),
  };
}

/** Of the attempts that ended, between 0 and 1; `null`: none did. */
export function successRate({ successful, failed }: Attempts): number | null {
  return mean(successful, successful + failed);
}

/** Of those that succeeded, in milliseconds. */
export function meanRecoveryMs({ recoveryMs, successful }: Attempts): number | null {
  return mean(recoveryMs, successful);
}

/** What has the same name, under that name, the most first. */
export function grouped<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  weight: (item: T) => number,
): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item]);
  const weightOf = ([, group]: [string, T[]]) => sum(group.map(weight));
  return [...groups].sort((one, other) => weightOf(other) - weightOf(one));
}

function meanOf(durations: readonly DurationStats[]): number | null {
  return mean(sum(durations.map(({ sumMs }) => sumMs)), sum(durations.map(({ count }) => count)));
}

function mean(whole: number, count: number): number | null {
  return count === 0 ? null : whole / count;
}

export function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
