import { componentsOf } from '../../core/component.ts';
import type { Reach } from '../../core/failpoint.ts';
import type { ResetType } from '../../core/reset.ts';
import type { WritingClaim } from '../../db/claim.ts';
import type { Database } from '../../db/connection.ts';
import { forgetCrashes } from '../../db/crashes.ts';
import { componentRecords, forgetHeights } from '../../db/environments.ts';
import { forgetHeight } from '../components/heights.ts';
import { daemonMember, type Stack } from '../components/stack.ts';
import { assertClaimed } from '../interruption.ts';
import { observe } from '../observe.ts';
import { abandonReset, type ResetContext, resetEnvironment } from '../reset.ts';
import { forgetReset, readProgress, recordedResets } from './record.ts';
import { resetHostOf } from './stack-host.ts';

export interface ResetParts {
  database: Database;
  reach: Reach;
}

export interface ResetOrder {
  stack: Stack;
  claim: WritingClaim;
  type: ResetType;
  /** Names the attempt: a second life of it finds by this what the first one moved. */
  nonce: string;
  signal: AbortSignal;
  lost?: AbortSignal | undefined;
  note: ResetContext['note'];
}

/**
 * Resets a stack under an attempt. What the reset of an attempt that never went on left behind is put in order first.
 */
export async function resetStack(order: ResetOrder, options: ResetParts): Promise<void> {
  const { stack, nonce } = order;
  for (const earlier of await recordedResets(stack)) {
    if (earlier === nonce) continue;
    await abandonReset(await resetContext({ ...order, nonce: earlier }, options));
    await forgetReset(stack, earlier);
  }
  await resetEnvironment(await resetContext(order, options));
}

/** Ends the reset that an attempt began and will not go on with, if it did. */
export async function endReset(
  order: Pick<ResetOrder, 'stack' | 'claim' | 'nonce' | 'lost' | 'note'>,
  options: ResetParts,
): Promise<void> {
  if ((await readProgress(order.stack, order.nonce)) === null) return;
  const { signal } = new AbortController();
  await abandonReset(await resetContext({ ...order, type: 'full', signal }, options));
}

async function resetContext(
  { stack, claim, type, nonce, signal, lost, note }: ResetOrder,
  { database, reach }: ResetParts,
): Promise<ResetContext> {
  const records = await componentRecords(database, stack.environmentId, componentsOf(stack.environment));
  return {
    environment: stack.environment,
    type,
    host: resetHostOf({ stack, nonce, reach, signal, observe: () => observe(stack, database) }),
    wanted: (component) => records.get(component)?.desired === 'running',
    signal,
    lost,
    reach,
    async forgetHeights() {
      forgetHeight(daemonMember(stack));
      assertClaimed(await forgetHeights(database, claim));
    },
    async forgetCrashes() {
      assertClaimed(await forgetCrashes(database, claim));
    },
    note,
  };
}
