import type { Caller, Scope } from '../../../db/keys.ts';
import { Icon, type IconName } from './icon.tsx';

interface OrderFormProps {
  action: string;
  label: string;
  icon: IconName;
  look?: 'primary' | 'danger';
  /** Asked before it is done. */
  sure?: string;
  caller: Caller;
  /** What the key must have for it. */
  scope: Scope;
}

/** A button that changes something. Whoever may not press it is told why. */
export function OrderForm({ action, label, icon, look, sure, caller, scope }: OrderFormProps) {
  if (!mayUse(caller, scope))
    return (
      <span class="refused">
        <button type="button" class={look} disabled>
          <Icon name={icon} />
          {label}
        </button>
        <span class="hint">wants a key with the scope “{scope}”</span>
      </span>
    );
  const form = (
    <form method="post" action={action}>
      <button type="submit" class={look}>
        <Icon name={icon} />
        {sure === undefined ? label : `Yes, ${label.toLowerCase()}`}
      </button>
    </form>
  );
  if (sure === undefined) return form;
  return (
    <details class="sure" id={`sure-${label.toLowerCase()}`}>
      <summary class="button">
        <Icon name={icon} />
        {label}
      </summary>
      <div>
        <p>{sure}</p>
        {form}
      </div>
    </details>
  );
}

/** Whether the key of this caller has the scope. */
export function mayUse({ scopes }: Caller, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
