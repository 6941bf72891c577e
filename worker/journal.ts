import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Diagnosis, describeDiagnoses } from '../core/failure.ts';
import type { Failure } from '../core/run.ts';
import { WORKS } from '../core/words/health.ts';
import { oneLine } from '../core/words/text.ts';
import type { Stack } from './components/stack.ts';
import type { RecoveryReport } from './recovery.ts';

type Step = 'Detected' | 'Diagnosis' | 'Strategy' | 'Action' | 'Result' | 'Post-check';

/** The recovery log of an environment, a line a step, for people who read it with `tail -f`. */
export interface Journal {
  detected(failure: Failure): Promise<void>;
  /** A step of a recovery under way, by the name under which it is noted. */
  noted(type: string, data: Record<string, unknown>): Promise<void>;
  finished(report: RecoveryReport): Promise<void>;
}

/** Where an environment's recovery log is: apart from its components' own logs, which a reset cleans. */
export function recoveryLogOf({ stateDirectory }: Stack): string {
  return join(stateDirectory, 'logs', 'recovery.log');
}

/** Opens the log for one recovery attempt. A log that cannot be written never hinders a repair. */
export function openJournal(stack: Stack, ids: { runId: string; incidentId: string | null }): Journal {
  const file = recoveryLogOf(stack);
  const write = async (step: Step, text: string) => {
    const line = `${new Date().toISOString()} [RECOVERY] ${step}: ${oneLine(text)} (run ${ids.runId} incident ${ids.incidentId ?? '-'})\n`;
    await mkdir(dirname(file), { recursive: true }).catch(() => {});
    await appendFile(file, line, { mode: 0o640 }).catch(() => {});
  };
  return {
    detected: ({ code, message }) => write('Detected', `${code}: ${message}`),
    async noted(type, data) {
      if (type === 'diagnosis') await write('Diagnosis', describeDiagnoses([data as unknown as Diagnosis]));
      if (type === 'strategy')
        await write(
          'Strategy',
          `${data.strategy}, step ${data.rung} of ${data.of}${data.because ? `, because ${data.because}` : ''}`,
        );
      if (type === 'action')
        await write(
          'Action',
          `${[data.step ?? data.type, data.component].filter(Boolean).join(' ')}: ${data.result}`,
        );
    },
    async finished({ outcome, after }) {
      await write('Post-check', after.length === 0 ? WORKS : describeDiagnoses(after));
      const detail =
        outcome.kind === 'failed'
          ? outcome.reason
          : outcome.kind === 'hopeless'
            ? outcome.escalation.detail
            : '';
      await write('Result', [outcome.kind, detail].filter(Boolean).join(': '));
    },
  };
}
