import type { EscalationReason } from '../escalation.ts';
import { endOf } from '../escalation.ts';
import type { IncidentStatus, RunStatus, StageAttemptStatus } from '../run.ts';
import { known, readable } from './text.ts';

interface StatusWords {
  /** Beside the raw status, in a list. */
  word: string;
  sentence: string;
}

const RUN = {
  queued: { word: 'waiting for its turn', sentence: 'It has not begun yet.' },
  running: { word: 'at work', sentence: 'It is at work, and nothing is wrong.' },
  recovering: { word: 'repairing', sentence: 'Something broke. It is being repaired now.' },
  waiting_retry: {
    word: 'waiting to try again',
    sentence: 'The last repair did not hold. The next one follows by itself.',
  },
  succeeded: { word: 'done', sentence: 'It did what it was asked for.' },
  failed: { word: 'failed', sentence: 'It ended without having done what it was asked for.' },
  escalated: { word: 'needs a person', sentence: 'Automatic repair has ended. A person has to look at it.' },
  cancelled: { word: 'cancelled', sentence: 'Somebody ended it. What it started was left as it was.' },
} satisfies Record<RunStatus, StatusWords>;

/** `repairing` for `recovering`. */
export function runStatusWord(status: string): string {
  return known<StatusWords>(RUN, status)?.word ?? readable(status);
}

/** What the status of a run means for those who look at it. */
export function runStatusSentence(status: string): string {
  return known<StatusWords>(RUN, status)?.sentence ?? `Its status is ${readable(status)}.`;
}

/** A stage as a run shows it may also have been passed over. */
export type ShownStageStatus = StageAttemptStatus | 'skipped';

const STAGE = {
  pending: 'not begun',
  running: 'at work',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'not reached',
} satisfies Record<ShownStageStatus, string>;

/** Of a stage, and of a stage or recovery attempt. */
export function stageStatusWord(status: string): string {
  return known<string>(STAGE, status) ?? readable(status);
}

const INCIDENT = {
  open: 'under repair',
  resolved: 'repaired',
  escalated: 'needs a person',
} satisfies Record<IncidentStatus, string>;

/** `escalation`: why it ended unrepaired. Not every such end calls a person. */
export function incidentStatusWord(
  status: string,
  escalation: { reason: EscalationReason | string } | null = null,
): string {
  if (status === 'escalated' && escalation && endOf(escalation) === 'closed') return 'left unrepaired';
  return known<string>(INCIDENT, status) ?? readable(status);
}
