import { recoveryPolicy } from '../../../core/recovery.ts';
import type { RunEvent } from '../../../core/run.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../core/settings.ts';
import { transition } from '../../../core/transition.ts';
import { claimRun } from '../../../db/claims.ts';
import type { Database } from '../../../db/connection.ts';
import { newId } from '../../../db/id.ts';
import { findRun, type RunDetail } from '../../../db/runs.ts';
import { saveBegin, saveTransition } from '../../../db/transitions.ts';

/** Does to a run what a worker does that has these experiences, with what it found out about a failure. */
export async function driveRun(
  database: Database,
  runId: string,
  events: readonly RunEvent[],
  settings: Settings = DEFAULT_SETTINGS,
): Promise<void> {
  for (const event of events) {
    if (event.type === 'begun') await claimNow(database, runId);
    const { run, pipeline } = await detailOf(database, runId);
    const policy = recoveryPolicy(settings, run.mutating);
    const next = transition(run.state, event, { pipeline, policy, newId });
    const write = { runId, epoch: run.epoch, transition: next };
    const isRecovery = event.type === 'recovery_finished';
    const saved =
      event.type === 'begun'
        ? await saveBegin(database, write)
        : await saveTransition(database, { ...write, ...(isRecovery ? await found(database, runId) : {}) });
    if (!saved) throw new Error(`${event.type} was not saved`);
  }
}

/** Claims the run, without waiting for its delay. */
async function claimNow(database: Database, runId: string): Promise<void> {
  const { run } = await detailOf(database, runId);
  await database.query((db) => db.execute(`update runs set next_attempt_at = null where id = '${runId}'`));
  const claimant = { workerId: 'worker-1', host: run.host, environmentIds: [run.environmentId] };
  if ((await claimRun(database, runId, claimant)) === null) throw new Error('the run was not claimed');
}

async function detailOf(database: Database, runId: string): Promise<RunDetail> {
  const detail = await findRun(database, runId);
  if (detail === null) throw new Error(`no run ${runId}`);
  return detail;
}

async function found(database: Database, runId: string) {
  const [incident] = await database.query((db) =>
    db.execute<{ at: string }>(
      `select to_json(detected_at - interval '250 milliseconds') #>> '{}' as at from incidents where run_id = '${runId}'`,
    ),
  );
  return {
    details: { strategy: 'daemon-crash' },
    findings: {
      component: 'daemon',
      failure: 'process_down' as const,
      evidence: ['the process is gone'],
      occurredAt: incident?.at ?? null,
    },
  };
}
