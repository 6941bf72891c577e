import type { RunStatus } from '../../../core/run.ts';
import { incidentStatusWord, runStatusWord } from '../../../core/words/run.ts';
import type { Incident } from '../../../db/history.ts';
import { Icon, type IconName } from './icon.tsx';

/** How something is: `ok`, broken (`bad`), being seen to (`warn`), at work (`run`), or resting (`idle`). */
export type Tone = 'ok' | 'bad' | 'warn' | 'run' | 'idle';

/** A state as colour, icon and word at once. */
export function Badge({ tone, icon, word }: { tone: Tone; icon: IconName; word: string }) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  );
}

const RUN_LOOKS: Readonly<Record<RunStatus, { tone: Tone; icon: IconName }>> = {
  queued: { tone: 'idle', icon: 'wait' },
  running: { tone: 'run', icon: 'run' },
  recovering: { tone: 'warn', icon: 'work' },
  waiting_retry: { tone: 'warn', icon: 'wait' },
  succeeded: { tone: 'ok', icon: 'ok' },
  failed: { tone: 'bad', icon: 'bad' },
  escalated: { tone: 'bad', icon: 'person' },
  cancelled: { tone: 'idle', icon: 'idle' },
};

export function RunBadge({ status }: { status: RunStatus }) {
  return <Badge {...RUN_LOOKS[status]} word={runStatusWord(status)} />;
}

const INCIDENT_LOOKS = {
  open: { tone: 'warn', icon: 'work' },
  resolved: { tone: 'ok', icon: 'ok' },
  escalated: { tone: 'bad', icon: 'person' },
} as const;

interface IncidentBadgeProps {
  incident: Pick<Incident, 'status' | 'escalation'>;
  /** Its stack works, although nothing repaired it. */
  worksAgain?: boolean;
}

export function IncidentBadge({ incident, worksAgain = false }: IncidentBadgeProps) {
  const { status, escalation } = incident;
  if (worksAgain) return <Badge tone="idle" icon="person" word="left to a person" />;
  return <Badge {...INCIDENT_LOOKS[status]} word={incidentStatusWord(status, escalation)} />;
}
