import { diagnoseStage } from '../core/diagnosis/stage.ts';
import { diagnose } from '../core/diagnosis.ts';
import { type Diagnosis, NEVER_RESET } from '../core/failure.ts';
import type { Observation } from '../core/observation.ts';
import type { RecoveryMode } from '../core/recovery.ts';
import { gravityOf, rootCauses, summarized } from '../core/root-causes.ts';
import type { Failure, RecoveryOutcome } from '../core/run.ts';
import type { Settings } from '../core/settings.ts';
import { planFor } from '../core/strategies/index.ts';
import type { Rung } from '../core/strategy.ts';
import type { RecordedAction } from '../db/schema.ts';
import { describeDiagnoses } from './agents/settle.ts';
import { crashCounter, type RecordCrash } from './crashes.ts';
import { carryOut, type RepairContext, type Reset, resetAll, verified } from './repair.ts';

/** More repairs than this within one attempt mean that one undoes the other. */
const STEPS_MAX = 12;
/** A symptom has this long to go by itself once its cause is repaired. */
const SYMPTOM_SECONDS = 2;

export interface RecoveryContext extends RepairContext {
  settings: Settings;
  /** What the stage failed with that raised the incident. */
  raised: Failure;
  recordCrash: RecordCrash;
  /** `last_resort`: the targeted attempts are used up. */
  mode: RecoveryMode;
  /** `null` where a reset is not allowed. */
  reset: Reset | null;
}

export interface RecoveryReport {
  outcome: RecoveryOutcome;
  /** The root cause as it was first found, or that there were several; `null` where nothing was wrong any more. */
  cause: Diagnosis | null;
  strategy: string | null;
  actions: RecordedAction[];
  before: Diagnosis[];
  after: Diagnosis[];
}

/**
 * One recovery attempt: observe everything, diagnose from the bottom up, act, prove, and again for what is
 * left, until the stack works or a strategy has no rung left to try.
 */
export async function recover(context: RecoveryContext): Promise<RecoveryReport> {
  const first = await context.observe();
  const before = findings(first, context.raised);
  const causes = rootCauses(before, first);
  const gravity = gravityOf(causes);
  const repair = new Repair(context, first);
  const outcome = await repair.untilItWorks(causes);
  return {
    outcome: gravity && outcome.kind !== 'hopeless' ? { ...outcome, gravity } : outcome,
    cause: summarized(causes),
    strategy: repair.strategy,
    actions: repair.actions,
    before,
    after: findings(repair.observation, context.raised),
  };
}

/** The repair of one attempt: what was seen last, and what was done. */
class Repair {
  strategy: string | null = null;
  observation: Observation;
  readonly actions: RecordedAction[] = [];
  private readonly context: RecoveryContext;
  private readonly crashesIn: ReturnType<typeof crashCounter>;
  /** Rungs climbed, by strategy, component and failure. */
  private readonly climbed = new Map<string, number>();
  /** The components that showed symptoms of what is repaired now. */
  private readonly symptomatic = new Set<string>();

  constructor(context: RecoveryContext, observation: Observation) {
    this.context = context;
    this.observation = observation;
    this.crashesIn = crashCounter(context.recordCrash);
  }

  async untilItWorks(causes: readonly Diagnosis[]): Promise<RecoveryOutcome> {
    const { mode, reset } = this.context;
    if (mode === 'last_resort' && reset && causes.length > 0 && (await this.mayReset(causes)))
      return await this.resetAll(reset);
    for (let step = 0; step < STEPS_MAX; step++) {
      const outcome = await this.step();
      if (outcome) return outcome;
      this.context.signal.throwIfAborted();
    }
    return { kind: 'failed', reason: `no end after ${STEPS_MAX} repairs in one attempt` };
  }

  /** The next rung for the lowest root cause; the outcome, where there is none to climb. */
  private async step(): Promise<RecoveryOutcome | null> {
    const found = findings(this.observation, this.context.raised);
    const causes = rootCauses(found, this.observation);
    const [root] = causes;
    if (!root) return { kind: 'healed', reset: false };
    await this.context.note('diagnosis', { ...root });
    const { strategy, plan } = await this.planFor(root);
    this.strategy ??= strategy;
    if (plan.kind === 'hopeless') return { kind: 'hopeless', escalation: plan.escalation };

    const ladder = `${strategy} ${root.component}:${root.failure}`;
    const rungs = this.climbed.get(ladder) ?? 0;
    const rung = plan.rungs[rungs];
    if (!rung) return { kind: 'failed', reason: describeDiagnoses([root]) };
    for (const finding of found) if (!causes.includes(finding)) this.symptomatic.add(finding.component);
    if (this.symptomatic.delete(root.component) && stops(rung)) {
      const patience: Rung = { actions: [], verifySeconds: SYMPTOM_SECONDS };
      this.observation = await verified(patience, root, this.context);
      return null;
    }
    this.climbed.set(ladder, rungs + 1);
    await this.context.note('strategy', { strategy, rung: rungs + 1, of: plan.rungs.length });
    const lacking = await carryOut(rung, this.context, this.actions);
    if (lacking !== null) return outOf(lacking);
    this.observation = await verified(rung, root, this.context);
    return null;
  }

  private async planFor(diagnosis: Diagnosis): Promise<ReturnType<typeof planFor>> {
    const { stack, settings } = this.context;
    const { observation } = this;
    const crashes = (await this.crashesIn(observation)).get(diagnosis.component) ?? 0;
    return planFor({ diagnosis, observation, environment: stack.environment, settings, crashes });
  }

  /** What a person must mend is not mended by a reset either. */
  private async mayReset(causes: readonly Diagnosis[]): Promise<boolean> {
    const plans = await Promise.all(causes.map((cause) => this.planFor(cause)));
    return (
      plans.every(({ plan }) => plan.kind === 'ladder') &&
      causes.every(({ failure }) => !NEVER_RESET.has(failure))
    );
  }

  private async resetAll(reset: Reset): Promise<RecoveryOutcome> {
    this.strategy = 'environment-reset';
    const failure = await resetAll(reset, this.context, this.actions);
    this.observation = await this.context.observe();
    return failure === null ? { kind: 'healed', reset: true } : { kind: 'failed', reason: failure };
  }
}

function stops(rung: Rung): boolean {
  return rung.actions.some(({ type }) => type === 'stop');
}

function outOf(lacking: string): RecoveryOutcome {
  const detail = `environment: resource_exhausted (${lacking}). Free the resource, then resume the run.`;
  return { kind: 'hopeless', escalation: { reason: 'resource_exhausted', detail } };
}

/**
 * What the components show; where they show nothing, what the failed stage itself knows for certain. That this
 * machine ran out of something explains all the rest.
 */
function findings(observation: Observation, raised: Failure): Diagnosis[] {
  const found = diagnose(observation);
  const known = diagnoseStage(raised);
  if (known?.failure === 'resource_exhausted') return [known, ...found];
  return found.length === 0 && known ? [known] : found;
}
