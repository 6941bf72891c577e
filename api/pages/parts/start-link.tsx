import type { Caller } from '../../../db/keys.ts';
import { Icon } from './icon.tsx';
import { mayUse } from './order-form.tsx';

/** Leads to the form that starts a run; for those who may not, it is not there. `stack` is `<host>/<name>`. */
export function StartLink({ caller, stack }: { caller: Caller; stack?: string }) {
  if (!mayUse(caller, 'run')) return null;
  return (
    <a
      class="button"
      href={stack === undefined ? '/runs/new' : `/runs/new?stack=${encodeURIComponent(stack)}`}
    >
      <Icon name="run" />
      Start a run
    </a>
  );
}
