import type { SeenIncident, SeenRun } from './davylamp.ts';

/** What Davylamp made of a fault, from all runs since the harm: before it, none was at work. */
export interface Account {
  incidents: SeenIncident[];
  /** `component:failure` of each incident, in the order of detection. */
  diagnosed: string[];
  strategies: string[];
  /** What was done, as `restart pool` would be told: `stop pool`, `start pool`. */
  actions: string[];
  escalation: { reason: string; detail: string } | null;
  /** No run is at work and no incident is open. */
  settled: boolean;
}

export function accountOf(runs: readonly SeenRun[]): Account {
  const incidents = runs
    .flatMap((run) => run.incidents)
    .sort((one, other) => Date.parse(one.detectedAt) - Date.parse(other.detectedAt));
  const attempts = incidents.flatMap(({ recoveryAttempts }) => recoveryAttempts);
  return {
    incidents,
    diagnosed: unique(incidents.map(diagnosisOf)),
    strategies: unique(attempts.flatMap(({ strategy }) => strategy ?? [])),
    actions: attempts.flatMap(({ actions }) =>
      actions.map(({ type, component, step }) => [type, component ?? step].filter(Boolean).join(' ')),
    ),
    escalation: incidents.map(({ escalation }) => escalation).find((found) => found != null) ?? null,
    settled: runs.every(({ finished }) => finished) && incidents.every(({ status }) => status !== 'open'),
  };
}

/** `component:failure`. */
export function diagnosisOf({ component, failure }: SeenIncident): string {
  return `${component}:${failure}`;
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
