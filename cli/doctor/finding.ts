export const FINDING_VERDICTS = ['ok', 'warning', 'problem'] as const;
export type FindingVerdict = (typeof FINDING_VERDICTS)[number];

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: `postgres`, `port 8420`, `program litecoind`. */
  check: string;
  verdict: FindingVerdict;
  /** What was seen, in words. */
  fact: string;
  /** What to do about it; `null` where there is nothing to do. */
  mend: string | null;
}

export function ok(check: string, fact: string): Finding {
  return { check, verdict: 'ok', fact, mend: null };
}

export function warning(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'warning', fact, mend };
}

export function problem(check: string, fact: string, mend: string): Finding {
  return { check, verdict: 'problem', fact, mend };
}
