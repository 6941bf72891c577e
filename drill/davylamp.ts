/** One thing that a recovery did, as `GET /v1/runs/{id}` tells it. */
export interface SeenAction {
  type: string;
  component?: string | null | undefined;
  step?: string | null | undefined;
  result?: string | null | undefined;
}

export interface SeenIncident {
  id: string;
  component?: string | null | undefined;
  failure?: string | null | undefined;
  status: 'open' | 'resolved' | 'escalated';
  evidence: string[];
  /** ISO 8601. */
  detectedAt: string;
  resolvedAt?: string | null | undefined;
  escalation?: { reason: string; detail: string } | null | undefined;
  recoveryAttempts: {
    number: number;
    strategy?: string | null | undefined;
    outcome?: string | null | undefined;
    reason?: string | null | undefined;
    actions: SeenAction[];
  }[];
}

export interface SeenRun {
  id: string;
  pipelineName: string;
  /** ISO 8601. */
  createdAt: string;
  finished: boolean;
  status: string;
  incidents: SeenIncident[];
}

/**
 * The Davylamp that looks after one stack, as its users see it: over HTTP. The drill is handed it, so that it knows
 * nothing of how Davylamp works inside.
 */
export interface Davylamp {
  /** Starts a pipeline and waits for its end, `timeoutMs` at most. */
  run(pipelineName: string, why: string, timeoutMs: number): Promise<SeenRun>;
  /** Resets the environment and waits for the end of it. */
  reset(type: 'soft' | 'data', timeoutMs: number): Promise<SeenRun>;
  /** The environment's runs that were created at this moment or later, in milliseconds since the epoch. */
  runsSince(momentMs: number): Promise<SeenRun[]>;
  /** Whether any run of the environment is at work or waits for its turn. */
  isBusy(): Promise<boolean>;
  /** While it holds, Davylamp looks and does not act; its end also forgives crashes. */
  beginMaintenance(reason: string): Promise<void>;
  endMaintenance(): Promise<void>;
}
