import type { FailureType } from './failure.ts';

/** How long something takes, in milliseconds; `null`: it has not happened yet. */
export interface Spread {
  mean: number | null;
  median: number | null;
  p95: number | null;
}

/** Figures of one component, or (`component` is `null`) of a whole environment. */
export interface MetricsRow {
  environment: string;
  host: string;
  component: string | null;
  /** `closed`: neither healed nor escalated, as where the run was cancelled. */
  incidents: { open: number; resolved: number; escalated: number; closed: number };
  recoveryAttempts: { total: number; successful: number; failed: number };
  /** Of recovery attempts that succeeded, from their beginning to their end. */
  recoveryTimeMs: Spread;
  /** From the failure to its detection. */
  timeToDetectionMs: Spread;
  /** From the detection until what was broken works again. */
  timeToRecoveryMs: Spread;
}

export interface FailureCount {
  environment: string;
  host: string;
  component: string;
  failure: FailureType | 'unknown';
  count: number;
}

type Figures = Omit<MetricsRow, 'environment' | 'host' | 'component'> & {
  /** Of the attempts that ended, between 0 and 1; `null`: none did. */
  successRate: number | null;
};

export interface EnvironmentMetrics extends Figures {
  environment: string;
  host: string;
  components: (Figures & { component: string })[];
  /** The most common first. */
  commonFailures: { component: string; failure: string; count: number }[];
}

const COMMON_FAILURES_MAX = 20;

/** Puts the figures of components and failures under their environments. */
export function assembleMetrics(
  rows: readonly MetricsRow[],
  failures: readonly FailureCount[],
): EnvironmentMetrics[] {
  return rows
    .filter(({ component }) => component === null)
    .map(({ environment, host, component: _, ...figures }) => {
      const here = (one: { environment: string; host: string }) =>
        one.environment === environment && one.host === host;
      return {
        environment,
        host,
        ...withRate(figures),
        components: rows.filter(here).flatMap(({ environment, host, component, ...own }) => {
          return component === null ? [] : [{ component, ...withRate(own) }];
        }),
        commonFailures: failures
          .filter(here)
          .map(({ component, failure, count }) => ({ component, failure, count }))
          .sort((one, other) => other.count - one.count)
          .slice(0, COMMON_FAILURES_MAX),
      };
    });
}

function withRate<T extends Pick<MetricsRow, 'recoveryAttempts'>>(
  figures: T,
): T & { successRate: number | null } {
  const { successful, failed } = figures.recoveryAttempts;
  return { ...figures, successRate: successful + failed === 0 ? null : successful / (successful + failed) };
}
