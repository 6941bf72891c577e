import { diagnoseStage } from '../core/diagnosis/stage.ts';
import { startupGraceSeconds } from '../core/diagnosis/startup-grace.ts';
import { diagnose } from '../core/diagnosis.ts';
import { type Diagnosis, describeDiagnoses, NEVER_RESET } from '../core/failure.ts';
import { inLearnedOrder, type RungOutcome, type RungRecord, rungName } from '../core/learning.ts';
import type { Observation } from '../core/observation.ts';
import type { RecoveryMode } from '../core/recovery.ts';
import { rootCauses } from '../core/root-causes.ts';
import type { Failure, RecoveryOutcome } from '../core/run.ts';
import { nextCause, type SetAside, worstOf } from '../core/set-aside.ts';
import type { Settings } from '../core/settings.ts';
import { planFor } from '../core/strategies/index.ts';
import type { Rung, StrategyName } from '../core/strategy.ts';
import { nextStepSentence } from '../core/words/failure.ts';
import type { RecordedAction } from '../db/schema.ts';
import { crashCounter, type RecordCrash } from './crashes.ts';
import { carryOut, type Reset, type RungContext, resetAll } from './rungs.ts';

/** More repairs than this within one attempt mean that one undoes the other. */
const STEPS_MAX = 12;
/** A symptom has this long to go by itself once its cause is repaired. */
const SYMPTOM_SECONDS = 2;

export interface RecoveryContext extends RungContext {
  settings: Settings;
  /** What the stage failed with that raised the incident. */
  raised: Failure;
  recordCrash: RecordCrash;
  /** How the rungs against a failure (`component:failure`) went before. */
  experience(failure: string): Promise<RungRecord[]>;
  /** `last_resort`: the targeted attempts are used up. */
  mode: RecoveryMode;
  /** `null` where a reset is not allowed. */
  reset: Reset | null;
  /** Whether an earlier life of this attempt was cut off in a reset: whatever is seen now, it is brought to its end. */
  resetBegun?(): Promise<boolean>;
}

/** The repair of one attempt: what was seen last, and what was done. */
export class Repair {
  strategy: StrategyName | null = null;
  observation: Observation;
  readonly actions: RecordedAction[] = [];
  readonly rungs: RungOutcome[] = [];
  readonly #context: RecoveryContext;
  readonly #crashesIn: ReturnType<typeof crashCounter>;
  /** Rungs climbed, by strategy, component and failure. */
  readonly #climbed = new Map<string, number>();
  readonly #experiences = new Map<string, RungRecord[]>();
  /** The components that showed symptoms of what is repaired now. */
  readonly #symptomatic = new Set<string>();
  /** The components that were given the time that their start needs. */
  readonly #awaited = new Set<string>();
  readonly #aside: SetAside[] = [];

  constructor(context: RecoveryContext, observation: Observation) {
    this.#context = context;
    this.observation = observation;
    this.#crashesIn = crashCounter(context.recordCrash);
  }

  async untilItWorks(causes: readonly Diagnosis[]): Promise<RecoveryOutcome> {
    const { mode, reset, resetBegun } = this.#context;
    if (mode === 'last_resort' && reset)
      if ((await resetBegun?.()) || (causes.length > 0 && (await this.#mayReset(causes))))
        return await this.#resetAll(reset);
    for (let step = 0; step < STEPS_MAX + this.#aside.length; step++) {
      const outcome = await this.#step();
      if (outcome) return outcome;
      this.#context.signal.throwIfAborted();
    }
    return { kind: 'failed', reason: `no end after ${STEPS_MAX} repairs in one attempt` };
  }

  /** The next rung for the lowest root cause that can be worked on; the outcome, where there is none. */
  async #step(): Promise<RecoveryOutcome | null> {
    const found = findings(this.observation, this.#context.raised);
    const causes = rootCauses(found, this.observation);
    if (causes.length === 0) return { kind: 'healed', reset: false };
    // What was set aside may have healed by itself meanwhile.
    const aside = this.#aside.filter((one) => found.some(({ component }) => component === one.component));
    const root = nextCause(causes, aside, this.observation);
    if (!root) return worstOf(aside);
    await this.#context.note('diagnosis', { ...root });
    const { strategy, plan } = await this.#planFor(root);
    this.strategy ??= strategy;
    if (plan.kind === 'hopeless')
      return this.#setAside(root, { kind: 'hopeless', escalation: plan.escalation });

    const failure = `${root.component}:${root.failure}`;
    const ladder = `${strategy} ${failure}`;
    const rungs = this.#climbed.get(ladder) ?? 0;
    const { rung, because, of } = await this.#nextRung(failure, plan.rungs, rungs);
    if (!rung)
      return this.#setAside(
        root,
        plan.otherwise
          ? { kind: 'hopeless', escalation: plan.otherwise }
          : { kind: 'failed', reason: describeDiagnoses([root]) },
      );
    if (await this.#awaitedStartup(root)) return null;
    for (const finding of found) if (!causes.includes(finding)) this.#symptomatic.add(finding.component);
    if (this.#symptomatic.delete(root.component) && stops(rung)) {
      const patience: Rung = { actions: [], verifySeconds: SYMPTOM_SECONDS };
      this.observation = await this.#context.verify(patience, root);
      return null;
    }
    this.#climbed.set(ladder, rungs + 1);
    await this.#context.note('strategy', { strategy, rung: rungs + 1, of, ...(because && { because }) });
    const lacking = await carryOut(rung, this.#context, this.actions);
    if (lacking !== null) return outOf(lacking);
    this.observation = await this.#context.verify(rung, root);
    const left = findings(this.observation, this.#context.raised);
    const worked = !left.some(({ component }) => component === root.component);
    this.rungs.push({ failure, rung: rungName(rung), worked });
    return null;
  }

  #setAside({ component }: Diagnosis, outcome: SetAside['outcome']): null {
    this.#aside.push({ component, outcome });
    return null;
  }

  /** Waits for what somebody has only just started, once: restarting it would only begin its start anew. */
  async #awaitedStartup(root: Diagnosis): Promise<boolean> {
    const verifySeconds = startupGraceSeconds(root, this.observation, this.#context.stack.environment);
    if (verifySeconds === 0 || this.#awaited.has(root.component)) return false;
    this.#awaited.add(root.component);
    this.observation = await this.#context.verify({ actions: [], verifySeconds }, root);
    return true;
  }

  /** The next rung of a ladder, in the order that worked here before, which is fixed once the first is climbed. */
  async #nextRung(failure: string, rungs: readonly Rung[], climbed: number): Promise<Next> {
    // A ladder of equal rungs has no order: nobody is asked. An experience that cannot be read is none.
    if (new Set(rungs.map(rungName)).size < 2)
      return { rung: rungs[climbed], because: null, of: rungs.length };
    const known = this.#experiences.get(failure) ?? (await this.#context.experience(failure).catch(() => []));
    this.#experiences.set(failure, known);
    const ordered = inLearnedOrder(rungs, known);
    return { rung: ordered.rungs[climbed], because: ordered.because, of: rungs.length };
  }

  async #planFor(diagnosis: Diagnosis): Promise<ReturnType<typeof planFor>> {
    const { stack, settings } = this.#context;
    const { observation } = this;
    const crashes = (await this.#crashesIn(observation)).get(diagnosis.component) ?? 0;
    return planFor({ diagnosis, observation, environment: stack.environment, settings, crashes });
  }

  /** What a person must mend is not mended by a reset either. */
  async #mayReset(causes: readonly Diagnosis[]): Promise<boolean> {
    const plans = await Promise.all(causes.map((cause) => this.#planFor(cause)));
    return (
      plans.every(({ plan }) => plan.kind === 'ladder') &&
      causes.every(({ failure }) => !NEVER_RESET.has(failure))
    );
  }

  async #resetAll(reset: Reset): Promise<RecoveryOutcome> {
    this.strategy = 'environment-reset';
    const failure = await resetAll(reset, this.#context, this.actions);
    this.observation = await this.#context.observe();
    return failure === null ? { kind: 'healed', reset: true } : { kind: 'failed', reason: failure };
  }
}

interface Next {
  rung: Rung | undefined;
  /** Why it is tried now, where that is learned. */
  because: string | null;
  of: number;
}

function stops(rung: Rung): boolean {
  return rung.actions.some(({ type }) => type === 'stop');
}

/** A person is to free what this machine has run out of. */
export function outOf(lacking: string): RecoveryOutcome {
  const nextStep = nextStepSentence('environment', 'resource_exhausted');
  const detail = `environment: resource_exhausted (${lacking}). ${nextStep} Then resume the run.`;
  return { kind: 'hopeless', escalation: { reason: 'resource_exhausted', detail } };
}

/**
 * What the components show; where they show nothing, what the failed stage itself knows for certain. That this
 * machine ran out of something explains all the rest.
 */
export function findings(observation: Observation, raised: Failure): Diagnosis[] {
  const found = diagnose(observation);
  const known = diagnoseStage(raised);
  if (known?.failure === 'resource_exhausted') return [known, ...found];
  return found.length === 0 && known ? [known] : found;
}
