import { type RuledOut, ruledOut } from '../core/diagnosis/differential.ts';
import { messageOf } from '../core/errors.ts';
import type { Diagnosis } from '../core/failure.ts';
import type { RungOutcome } from '../core/learning.ts';
import { gravityOf, rootCauses, summarized } from '../core/root-causes.ts';
import type { RecoveryOutcome } from '../core/run.ts';
import type { RecordedAction } from '../db/schema.ts';
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

/**
 * One recovery attempt: observe everything, diagnose from the bottom up, act, prove, and again for what is
 * left, until the stack works or a strategy has no rung left to try. Where this machine has not even what it takes
 * to look, a person is called.
 */
export async function recover(context: RecoveryContext): Promise<RecoveryReport> {
  return await repaired(context).catch((error: unknown) => {
    if (!isResourceExhaustion(error)) throw error;
    return exhausted(messageOf(error));
  });
}

async function repaired(context: RecoveryContext): Promise<RecoveryReport> {
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
    rungs: repair.rungs,
    before,
    ruledOut: causes.flatMap((cause) => ruledOut(cause, first)),
    after: findings(repair.observation, context.raised),
  };
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

/** An attempt that was cut off, of which nothing more is known. */
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
