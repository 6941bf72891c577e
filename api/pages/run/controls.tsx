import { RESUMABLE_STATUSES } from '../../../core/transition.ts';
import type { Caller } from '../../../db/keys.ts';
import type { Run } from '../../../db/runs.ts';
import { OrderForm } from '../parts/order-form.tsx';

/** What can be done to a run as it is now. */
export function Controls({ run, caller }: { run: Run; caller: Caller }) {
  const { id, status, finishedAt, cancelRequestedAt } = run;
  const order = { caller, scope: 'run' } as const;
  const isResumable = finishedAt !== null && RESUMABLE_STATUSES.some((resumable) => resumable === status);
  return (
    <div class="controls">
      {status === 'waiting_retry' && (
        <OrderForm
          {...order}
          action={`/runs/${id}/retry-now`}
          label="Retry now"
          icon="again"
          look="primary"
        />
      )}
      {isResumable && (
        <OrderForm {...order} action={`/runs/${id}/resume`} label="Resume" icon="run" look="primary" />
      )}
      {finishedAt === null &&
        (cancelRequestedAt ? (
          <p class="hint">It is being cancelled.</p>
        ) : (
          <OrderForm
            {...order}
            action={`/runs/${id}/cancel`}
            label="Cancel"
            icon="bad"
            look="danger"
            sure="End this run? What it started is left as it is."
          />
        ))}
    </div>
  );
}
