import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { recoveryPolicy } from '../core/recovery.ts';
import { isFinished } from '../core/run.ts';
import { transition } from '../core/transition.ts';
import type { Database } from '../db/connection.ts';
import { type LostRun, lostRunsToCancel } from '../db/control.ts';
import { newId } from '../db/id.ts';
import type { RunStore } from '../db/run-store.ts';
import { endCommand } from './agents/command-runner.ts';
import type { Registry } from './registry.ts';
import type { SettingsSource } from './settings.ts';

export interface LostOptions {
  database: Database;
  store: RunStore;
  registry: Pick<Registry, 'claimant' | 'stateDirectoryOf'>;
  settings: SettingsSource;
  host: string;
  log: Log;
}

/**
 * Ends the runs that somebody wants ended and whose environment this host does not serve any more: no engine takes
 * them. The stack itself is not touched; the command of their attempt is ended.
 */
export async function endLost(options: LostOptions): Promise<void> {
  for (const run of await lostRunsToCancel(options.database, options.host)) await end(run, options);
}

async function end({ id, environmentId, name, ...kept }: LostRun, options: LostOptions): Promise<void> {
  const { store, registry, settings, log } = options;
  const taken = await store.claim(id, { ...registry.claimant(), environmentIds: [environmentId] });
  if (!taken || isFinished(taken.run.state)) return;
  const { run, pipeline } = taken;
  const attemptId = run.state.work?.attemptId;
  const stateDirectory = kept.stateDirectory ?? registry.stateDirectoryOf(name);
  if (attemptId !== undefined)
    await endCommand({ stateDirectory }, attemptId).catch((error: unknown) => {
      log('warn', 'what a run began could not be ended', { runId: id, reason: messageOf(error) });
    });
  const policy = recoveryPolicy(await settings.current(), run.mutating);
  const ended = transition(run.state, { type: 'cancelled' }, { pipeline, policy, newId });
  await store.save({ runId: id, epoch: run.epoch, transition: ended });
  log('warn', 'a run was cancelled whose environment is gone', { runId: id, environment: name });
}
