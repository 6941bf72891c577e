import { DATA_DESTROYING, mayResetAs, RESET_TYPES, type ResetType } from '../../../core/reset.ts';
import { resetTypeSentence } from '../../../core/words/reset.ts';
import { runStatusWord } from '../../../core/words/run.ts';
import type { RegisteredEnvironment } from '../../../db/environments.ts';
import type { EnvironmentActivity } from '../../../db/health.ts';
import type { Caller } from '../../../db/keys.ts';
import type { ProblemError } from '../../http/problem.ts';
import { Icon } from '../parts/icon.tsx';
import { mayUse } from '../parts/order-form.tsx';
import { type ToldPlan, toldPlan } from './plan.ts';

export interface ResetFields {
  name: string;
  host?: string | undefined;
  type: ResetType;
  confirm: string;
  preempt: boolean;
  once: string;
}

interface ResetFormProps {
  environment: RegisteredEnvironment;
  run: EnvironmentActivity['run'];
  fields: ResetFields;
  /** Why the last try was refused. */
  problem: ProblemError | null;
  caller: Caller;
}

export function ResetForm({ environment, run, fields, problem, caller }: ResetFormProps) {
  const { name, host, workingDirectory, definition } = environment;
  const isAllowed = mayUse(caller, 'reset') && RESET_TYPES.some((type) => mayResetAs(definition, type));
  return (
    <section class="reset">
      <div>
        <p class="hint">
          <a href={`/#${host}/${name}`}>{name}</a> on {host} · {definition.network} ·{' '}
          <code>{workingDirectory}</code>
        </p>
        <h1>Reset {name}</h1>
      </div>
      {problem && (
        <div class="problem" role="alert">
          <p>{problem.message}</p>
          {problem.details.nextStep && <p>{problem.details.nextStep}</p>}
        </div>
      )}
      <form method="post" action={`/environments/${name}/reset`}>
        <input type="hidden" name="once" value={fields.once} />
        <input type="hidden" name="host" value={host} />
        <fieldset class="types">
          <legend>What kind of reset</legend>
          {RESET_TYPES.map((type) => (
            <Choice
              type={type}
              isChosen={type === fields.type}
              isOpen={mayResetAs(definition, type)}
              plan={toldPlan(environment, type)}
            />
          ))}
        </fieldset>
        {run && <Busy run={run} preempt={fields.preempt} />}
        <div class="confirm fields">
          <label for="confirm">
            This deletes data. Type the name of the stack, <code>{name}</code>, to confirm it
          </label>
          <input id="confirm" name="confirm" value={fields.confirm} autocomplete="off" spellcheck={false} />
        </div>
        <p class="go">
          <button type="submit" class="danger" disabled={!isAllowed}>
            <Icon name="again" />
            Reset {name}
          </button>
          <a href="/">Leave it as it is</a>
        </p>
        {!mayUse(caller, 'reset') && (
          <p class="hint">Your key may only look: a reset wants the scope “reset”.</p>
        )}
      </form>
    </section>
  );
}

interface ChoiceProps {
  type: ResetType;
  isChosen: boolean;
  /** Whether this stack may be reset so. */
  isOpen: boolean;
  plan: ToldPlan;
}

/** A type with what it means; the plan of the one that is chosen is seen. */
function Choice({ type, isChosen, isOpen, plan }: ChoiceProps) {
  const id = `type-${type}`;
  return (
    <div class={`card type ${DATA_DESTROYING[type] ? 'destroys' : ''}`}>
      <p>
        <input type="radio" id={id} name="type" value={type} checked={isChosen} disabled={!isOpen} />
        <label for={id}>
          <b>{NAMES[type]}</b>
          <span>{resetTypeSentence(type)}</span>
          {!isOpen && <span class="hint">Not here: {closedBecause(type)}</span>}
        </label>
      </p>
      {isOpen && <Plan plan={plan} />}
    </div>
  );
}

const NAMES: Readonly<Record<ResetType, string>> = {
  soft: 'Soft',
  data: 'Data',
  full: 'Full',
  config: 'Config',
};

function closedBecause(type: ResetType): string {
  return DATA_DESTROYING[type]
    ? 'only on regtest, and only where davy.json says "resettable": true.'
    : 'only on regtest, and not where davy.json says "manage": false.';
}

function Plan({ plan: { stops, deletes, keeps } }: { plan: ToldPlan }) {
  return (
    <div class="plan">
      <section>
        <h3>
          <Icon name="idle" />
          Stopped
        </h3>
        <p>{stops.join(', then ')}. What should be running is started again, and proven to work.</p>
      </section>
      <section class="deleted">
        <h3>
          <Icon name="bad" />
          Deleted
        </h3>
        {deletes.length === 0 ? (
          <p>Nothing.</p>
        ) : (
          <>
            <ul>
              {deletes.map(({ what, path }) => (
                <li>
                  <code>{path}</code> <span class="hint">{what}</span>
                </li>
              ))}
            </ul>
            <p class="hint">
              It is moved aside first. Where the stack does not work without it, it is put back; else it is
              then deleted for good.
            </p>
          </>
        )}
      </section>
      <section>
        <h3>
          <Icon name="ok" />
          Kept
        </h3>
        <ul>
          {keeps.map((kept) => (
            <li>{kept}</li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Busy({ run, preempt }: { run: NonNullable<EnvironmentActivity['run']>; preempt: boolean }) {
  return (
    <div class="banner warn">
      <p>
        <strong>
          <a href={`/runs/${run.id}`}>{run.pipelineName}</a> is at work on this stack
        </strong>{' '}
        ({runStatusWord(run.status)}). A reset does not cut it off unless you say so.
      </p>
      <p class="check">
        <input type="checkbox" id="preempt" name="preempt" checked={preempt} />
        <label for="preempt">Cancel it and whatever waits here, and reset when they have ended</label>
      </p>
    </div>
  );
}
