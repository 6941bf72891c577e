import { mayReset } from '../core/environment.ts';
import type { Reach } from '../core/failpoint.ts';
import type { Log } from '../core/log.ts';
import type { Observation } from '../core/observation.ts';
import { stageOf } from '../core/pipeline.ts';
import type { Snapshot } from '../core/report.ts';
import type { ResetStepName } from '../core/reset.ts';
import type { ActiveRun, RecoveryWork, StageWork } from '../core/run.ts';
import type { Settings } from '../core/settings.ts';
import type { WritingClaim } from '../db/claim.ts';
import type { Database } from '../db/connection.ts';
import { recordCrash } from '../db/crashes.ts';
import { reachHeight, setDesired } from '../db/environments.ts';
import { finishedAttempts, noteEvent } from '../db/history.ts';
import { rungRecords } from '../db/learning.ts';
import type { StageContext } from './agents/agent.ts';
import { endCommand } from './agents/command-runner.ts';
import { daemonMember, type Stack } from './components/stack.ts';
import { findProcess } from './components/supervised.ts';
import { assertClaimed } from './interruption.ts';
import { openJournal } from './journal.ts';
import { Notes } from './notes.ts';
import { takeSnapshot } from './notices/snapshot.ts';
import { allMembers, observe } from './observe.ts';
import { type Keep, type RecoveryReport, recover } from './recovery.ts';
import { endReset, resetStack } from './reset/carry-out.ts';
import { readProgress } from './reset/record.ts';
import type { RunClaim } from './run-claim.ts';
import { rungExecutor } from './rungs.ts';
import { runStage, type StageResult } from './stage.ts';
import { workingDirectoryProblem } from './working-directory.ts';

/** What attempts do on the host. Everything may be asked for again under the same attempt: it looks before it acts. */
export interface Work {
  /** Why this run may not act here any more; `null`: it may. */
  forbids(claim: RunClaim): Promise<string | null>;
  stage(claim: RunClaim, work: StageWork, signal: AbortSignal): Promise<StageResult>;
  recovery(claim: RunClaim, state: ActiveRun, order: RecoveryOrder): Promise<RecoveryReport>;
  /** Ends what a cancelled attempt, or an earlier life of it, began; tells which components run on. */
  cancel(claim: RunClaim): Promise<string[]>;
  /** Ends the command that an earlier life of the attempt began, and nothing else. */
  endCommand(claim: RunClaim): Promise<void>;
  /** What a person will want to see and may not find later. */
  snapshot(claim: RunClaim, component: string | null): Promise<Snapshot | null>;
}

export interface RecoveryOrder {
  work: RecoveryWork;
  settings: Settings;
  signal: AbortSignal;
  keep: Keep;
}

export interface WorkOptions {
  database: Database;
  reach: Reach;
  log: Log;
}

export function openWork(options: WorkOptions): Work {
  const { database } = options;
  return {
    forbids: ({ run, stack }) => workingDirectoryProblem(run.workingDirectory, stack.directory),
    stage: (claim, work, signal) => runStage(stageContext(claim, work, signal, options)),
    recovery: (claim, state, order) => carryOutRecovery(claim, state, order, options),
    async cancel(claim) {
      await endEarlierLife(claim, options);
      return await runningComponents(claim.stack);
    },
    async endCommand({ run, stack }) {
      const attemptId = run.state.work?.attemptId;
      if (attemptId !== undefined) await endCommand(stack, attemptId);
    },
    snapshot: ({ stack }, component) => takeSnapshot(stack, component),
  };

  function stageContext(
    { run, stack, pipeline, lost }: RunClaim,
    work: StageWork,
    signal: AbortSignal,
    parts: WorkOptions,
  ): StageContext {
    const claim = writingClaim(run);
    return {
      stage: stageOf(pipeline, work.stageId),
      stack,
      attemptId: work.attemptId,
      signal,
      saved: (ids) => finishedAttempts(database, ids),
      observe: () => observe(stack, database),
      reset: (type, note) =>
        resetStack({ stack, claim, type, nonce: work.attemptId, signal, lost, note }, parts),
      async want(members, desired) {
        const names = members.map(({ ref }) => ref.name);
        assertClaimed(await setDesired(database, claim, names, desired));
        // What is wanted is done next: not by somebody who was told to stop while the database answered.
        signal.throwIfAborted();
      },
      async rememberHeight(height) {
        assertClaimed(await reachHeight(database, claim, daemonMember(stack).ref.name, height));
      },
    };
  }
}

async function carryOutRecovery(
  claim: RunClaim,
  state: ActiveRun,
  { work, settings, signal, keep }: RecoveryOrder,
  options: WorkOptions,
): Promise<RecoveryReport> {
  const { database } = options;
  const { run, stack, counting, lost } = claim;
  const { environmentId } = stack;
  const writing = writingClaim(run);
  const raised = state.incident?.failure ?? { code: 'requested', message: '' };
  const journal = openJournal(stack, { runId: run.id, incidentId: state.incident?.id ?? null });
  const notes = new Notes(options.log);
  notes.add(() => journal.detected(raised));
  const look = () => observe(stack, database);
  const report = await recover(
    {
      stack,
      settings,
      signal,
      mode: work.mode,
      reset: resetter(),
      resetBegun: async () => (await readProgress(stack, work.attemptId)) !== null,
      raised,
      observe: firstSeen(claim.seen, look),
      ...rungExecutor({ stack, observe: look, signal }),
      recordCrash: (crash) =>
        counting?.get(crash.key) ??
        recordCrash(database, { ...crash, environmentId, windowMinutes: settings.crashLoop.windowMinutes }),
      experience: (failure) => rungRecords(database, environmentId, failure),
      note: async (type, data) => {
        notes.add(() => Promise.all([noteEvent(database, writing, type, data), journal.noted(type, data)]));
      },
    },
    keep,
  );
  notes.add(() => journal.finished(report));
  await notes.written();
  return report;

  /** The last resort, where the settings and the environment allow it. */
  function resetter(): Parameters<typeof recover>[0]['reset'] {
    const allowed = settings.strategies.cascadingFailure.action === 'full_reset';
    if (!allowed || !mayReset(stack.environment)) return null;
    const order = { stack, claim: writing, type: 'full', nonce: work.attemptId, signal, lost } as const;
    return (note) => resetStack({ ...order, note }, options);
  }
}

/** Ends the command, or the reset, that the attempt began in an earlier life. */
async function endEarlierLife({ run, stack, lost }: RunClaim, options: WorkOptions): Promise<void> {
  const attemptId = run.state.work?.attemptId;
  if (attemptId === undefined) return;
  await endCommand(stack, attemptId);
  const claim = writingClaim(run);
  const note = async (step: ResetStepName, result: string) =>
    assertClaimed(await noteEvent(options.database, claim, 'action', { type: 'reset', step, result }));
  await endReset({ stack, claim, nonce: attemptId, lost, note }, options);
}

function writingClaim({ id: runId, epoch }: RunClaim['run']): WritingClaim {
  return { runId, epoch };
}

async function runningComponents(stack: Stack): Promise<string[]> {
  const found = await Promise.all(
    allMembers(stack).map(async (member) => ((await findProcess(member)) ? [member.ref.name] : [])),
  );
  return found.flat();
}

/** What was seen already the first time, a look of its own each time after. */
function firstSeen(seen: Observation | undefined, look: () => Promise<Observation>) {
  let unused = seen;
  return async (): Promise<Observation> => {
    const first = unused;
    unused = undefined;
    return first ?? (await look());
  };
}
