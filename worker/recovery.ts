import { type RuledOut, ruledOut } from '../core/diagnosis/differential.ts';
import { messageOf } from '../core/errors.ts';
import { type Diagnosis, describeDiagnoses } from '../core/failure.ts';
import type { RungOutcome } from '../core/learning.ts';
import { gravityOf, rootCauses, summarized } from '../core/root-causes.ts';
import type { RecoveryOutcome } from '../core/run.ts';
import type { RecordedAction } from '../db/schema.ts';
import { TimeoutError } from './host/abort.ts';
import { findings, outOf, type RecoveryContext, Repair } from './repair.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

export interface RecoveryReport {
  outcome: RecoveryOutcome;
  /** The root cause as it was first found, or that there were several; `null` where nothing was wrong any more. */
  cause: Diagnosis | null;
  strategy: string | null;
  actions: RecordedAction[];
  /** The rungs that were climbed, and whether the failure was gone afterwards. */
  rungs: RungOutcome[];
  before: Diagnosis[];
  /** What the causes were not, although it would have looked much the same. */
  ruledOut: RuledOut[];
  after: Diagnosis[];
}

/** Gets what tells from then on, at any time, how the attempt stands: for when it is cut off. */
export type Keep = (soFar: () => RecoveryReport) => void;

/**
 * One recovery attempt: observe everything, diagnose from the bottom up, act, prove, and again for what is
 * left, until the stack works or a strategy has no rung left to try. Where this machine has not even what it takes
 * to look, a person is called.
 */
export async function recover(context: RecoveryContext, keep: Keep = () => {}): Promise<RecoveryReport> {
  return await repaired(context, keep).catch((error: unknown) => {
    if (!isResourceExhaustion(error)) throw error;
    return exhausted(messageOf(error));
  });
}

async function repaired(context: RecoveryContext, keep: Keep): Promise<RecoveryReport> {
  const first = await context.observe();
  const before = findings(first, context.raised);
  const causes = rootCauses(before, first);
  const gravity = gravityOf(causes);
  const repair = new Repair(context, first);
  const left = () => findings(repair.observation, context.raised);
  const report = (outcome: RecoveryOutcome): RecoveryReport => ({
    outcome: gravity && outcome.kind !== 'hopeless' ? { ...outcome, gravity } : outcome,
    cause: summarized(causes),
    strategy: repair.strategy,
    actions: [...repair.actions],
    rungs: [...repair.rungs],
    before,
    ruledOut: causes.flatMap((cause) => ruledOut(cause, first)),
    after: left(),
  });
  const cutOff = (): RecoveryOutcome => {
    const words = [messageOf(context.signal.reason), describeDiagnoses(left())];
    return { kind: 'failed', reason: words.filter((text) => text !== '').join(': ') };
  };
  keep(() => report(cutOff()));
  const outcome = await repair.untilItWorks(causes).catch((error: unknown) => {
    if (!(context.signal.reason instanceof TimeoutError)) throw error;
    return cutOff();
  });
  return report(outcome);
}

function exhausted(lacking: string): RecoveryReport {
  return {
    ...nothingDone(lacking),
    outcome: outOf(lacking),
    cause: {
      component: 'environment',
      role: 'environment',
      failure: 'resource_exhausted',
      evidence: [lacking],
    },
  };
}

/** An attempt that was cut off before it saw anything. */
export function nothingDone(reason: string): RecoveryReport {
  return {
    outcome: { kind: 'failed', reason },
    cause: null,
    strategy: null,
    actions: [],
    rungs: [],
    before: [],
    ruledOut: [],
    after: [],
  };
}
