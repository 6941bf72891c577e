import { decisionFor } from '../../../core/agent.ts';
import { stageOf } from '../../../core/pipeline.ts';
import { pause } from '../../../worker/clock.ts';
import { recover } from '../../../worker/recovery.ts';
import type { RunClaim } from '../../../worker/run-claim.ts';
import type { StageResult } from '../../../worker/stage.ts';
import type { Work } from '../../../worker/work.ts';
import type { Mark } from './host.ts';
import type { SimulatedWorker } from './worker.ts';
import type { World } from './world.ts';

const NO_END_MS = 3_600_000;
/** What does not heed that it is to stop ends this much later. */
const LINGERS_MS = 15_000;

/** What attempts do on the simulated host, through the real recovery and the real reset. */
export function workOf(worker: SimulatedWorker, world: World): Work {
  const { host, time } = world;
  const on = <T>(name: string, execute: () => T) => time.ask(worker.actor, { target: 'host', name, execute });

  async function marked(claim: RunClaim, attemptId: string, signal: AbortSignal): Promise<Mark> {
    const known = await on('look for what the attempt did before', () =>
      host.looksBeforeActing ? host.marks.get(attemptId) : undefined,
    );
    if (known) return known;
    signal.throwIfAborted();
    return await on(`act for run ${world.nameOf(claim.run.id)}`, () => {
      world.assertMayAct(worker, claim, attemptId);
      const mark = host.act(attemptId, time.nowMs);
      const effects = host.effects.get(attemptId) ?? 0;
      world.watchman.insist(effects <= 1, () => `I2: ${effects} effects of one attempt`);
      time.note(() => `  which ${mark.fate}`);
      return mark;
    });
  }

  async function untilEnd({ fate, endsMs }: Mark, signal: AbortSignal): Promise<void> {
    const left = Math.min(endsMs - time.nowMs, NO_END_MS);
    if (left > 0) await pause(worker.clock, left, signal);
    if (!signal.aborted) return;
    if (fate === 'lingers') await pause(worker.clock, LINGERS_MS);
    throw signal.reason;
  }

  return {
    forbids: () => on('look at the folder', () => null),
    snapshot: () => on('take a snapshot', () => null),
    endCommand: async () => {},
    cancel: () => on('look at what runs on', () => []),
    async stage(claim, work, signal): Promise<StageResult> {
      const mark = await marked(claim, work.attemptId, signal);
      if (mark.fate === 'crashes') world.crash(worker, 'its stage ends it');
      await untilEnd(mark, signal);
      await on(`finish for run ${world.nameOf(claim.run.id)}`, () =>
        world.assertMayAct(worker, claim, work.attemptId),
      );
      return resultOf(claim, work.stageId, mark);
    },
    async recovery(claim, state, { work, settings, signal }) {
      const { stack } = claim;
      const observe = () => on('observe', () => host.observe());
      const acting = <T>(name: string, execute: () => T) =>
        on(name, () => {
          world.assertMayAct(worker, claim, work.attemptId);
          return execute();
        });
      return await recover({
        ...{ stack, settings, signal, observe },
        mode: work.mode,
        raised: state.incident?.failure ?? { code: 'requested', message: '' },
        perform: (action) => acting(`perform ${action.type}`, () => host.perform(action)),
        verify: observe,
        recordCrash: async () => 1,
        experience: async () => [],
        note: async () => {},
        reset: (note) => world.reset({ worker, claim, nonce: work.attemptId, signal, note, acting }),
        resetBegun: () => on('has a reset begun?', () => host.resets.get(work.attemptId) !== undefined),
      });
    },
  };

  function resultOf({ pipeline }: RunClaim, stageId: string, { fate }: Mark): StageResult {
    const stage = stageOf(pipeline, stageId);
    const failure = { code: 'broke', message: 'it broke' };
    if (fate === 'babbles') return { event: { type: 'stage_decided', decision: 'gibberish' }, evidence: {} };
    const passes = fate === 'passes' || fate === 'slow';
    const decision = fate === 'throws' ? null : decisionFor(stage, passes ? 'positive' : 'negative');
    if (decision === null) return { event: { type: 'stage_failed', failure }, evidence: {} };
    return { event: { type: 'stage_decided', decision, ...(!passes && { failure }) }, evidence: {} };
  }
}
