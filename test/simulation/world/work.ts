import { actionOf, decisionFor } from '../../../core/agent.ts';
import { stageOf } from '../../../core/pipeline.ts';
import type { StageWork } from '../../../core/run.ts';
import { pause } from '../../../worker/clock.ts';
import { recover } from '../../../worker/recovery.ts';
import type { RunClaim } from '../../../worker/run-claim.ts';
import type { StageResult } from '../../../worker/stage.ts';
import type { Work } from '../../../worker/work.ts';
import { type Hands, handsOf } from './hands.ts';
import { componentOf, type Mark } from './host.ts';
import type { SimulatedWorker } from './worker.ts';
import type { World } from './world.ts';

const NO_END_MS = 3_600_000;
/** What does not heed that it is to stop ends this much later. */
const LINGERS_MS = 15_000;
const AFTERWARDS_MS = 1_000;

/** What attempts do on the simulated host, through the real recovery and the real reset. */
export function workOf(worker: SimulatedWorker, world: World): Work {
  const { host, time } = world;
  const on = <T>(name: string, execute: () => T) => time.ask(worker.actor, { target: 'host', name, execute });

  /** What the stage does, once for each attempt; a command is looked for first, as `command-runner.ts` does it. */
  async function marked(claim: RunClaim, work: StageWork, hands: Hands, signal: AbortSignal): Promise<Mark> {
    const { attemptId } = work;
    if (actionOf(stageOf(claim.pipeline, work.stageId)) === 'run_command') {
      const known = await hands.looking('look for what the attempt did before', () =>
        host.looksBeforeActing ? host.marks.get(attemptId) : undefined,
      );
      if (known) return known;
      signal.throwIfAborted();
    }
    return await hands.acting(`act for run ${world.nameOf(claim.run.id)}`, () => {
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
      const { attemptId } = work;
      const hands = handsOf({ worker, world, claim, attemptId, signal, what: 'stage' });
      const mark = await marked(claim, work, hands, signal);
      if (mark.fate === 'crashes') world.crash(worker, 'its stage ends it');
      const starts = actionOf(stageOf(claim.pipeline, work.stageId)) === 'start_daemon' && passes(mark);
      // As `want` of `work.ts` does it, before it is started.
      if (starts) signal.throwIfAborted();
      const started = starts ? await hands.starting('daemon') : 'done';
      await untilEnd(mark, signal);
      const finish = () => hands.acting(`finish for run ${world.nameOf(claim.run.id)}`, () => {});
      await finish();
      if (world.sabotage.actsAfterItsEnd) worker.clock.after(AFTERWARDS_MS, () => void finish());
      return resultOf(claim, work.stageId, started === 'done' ? mark : { ...mark, fate: 'fails' });
    },
    async recovery(claim, state, { work, settings, signal }) {
      const { stack } = claim;
      const { attemptId } = work;
      const heard = world.heard(signal, 'recovery');
      const life = { worker, world, claim, attemptId, signal };
      const hands = handsOf({ ...life, what: 'recovery' });
      const resetting = handsOf({ ...life, what: 'reset' });
      const observe = () => hands.looking('observe', () => host.observe());
      return await recover({
        ...{ stack, settings, observe, signal: heard },
        mode: work.mode,
        raised: state.incident?.failure ?? { code: 'requested', message: '' },
        async perform(action) {
          const component = componentOf(action);
          if (action.type === 'start' && component !== null) return await hands.starting(component);
          const name = `perform ${action.type}`;
          if (action.type === 'stop' && component !== null) return await hands.stopping(component, name);
          return await hands.acting(name, () => 'done');
        },
        async verify() {
          await hands.settling(heard);
          return await observe();
        },
        recordCrash: async () => 1,
        experience: async () => [],
        note: async () => {},
        reset: (note) =>
          world.reset({ worker, nonce: attemptId, signal, lost: claim.lost, note, hands: resetting }),
        resetBegun: () => hands.looking('has a reset begun?', () => host.resets.get(attemptId) !== undefined),
      });
    },
  };

  function resultOf({ pipeline }: RunClaim, stageId: string, mark: Mark): StageResult {
    const { fate } = mark;
    const stage = stageOf(pipeline, stageId);
    const failure = { code: 'broke', message: 'it broke' };
    if (fate === 'babbles') return { event: { type: 'stage_decided', decision: 'gibberish' }, evidence: {} };
    const isCommand = actionOf(stage) === 'run_command';
    const own = isCommand && passes(mark) ? (stage.decisions[0]?.choice ?? null) : null;
    const decision =
      fate === 'throws' ? null : (own ?? decisionFor(stage, passes(mark) ? 'positive' : 'negative'));
    if (decision === null) return { event: { type: 'stage_failed', failure }, evidence: {} };
    return { event: { type: 'stage_decided', decision, ...(!passes(mark) && { failure }) }, evidence: {} };
  }
}

function passes({ fate }: Mark): boolean {
  return fate === 'passes' || fate === 'slow';
}
