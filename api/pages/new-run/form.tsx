import type { Pipeline } from '../../../core/pipeline.ts';
import type { RegisteredEnvironment } from '../../../db/environments.ts';
import type { Caller } from '../../../db/keys.ts';
import type { ProblemError } from '../../http/problem.ts';
import { Icon } from '../parts/icon.tsx';
import { mayUse } from '../parts/order-form.tsx';

export interface StartFields {
  pipeline: string;
  stack: string;
  prompt: string;
  once: string;
}

interface StartFormProps {
  fields: StartFields;
  /** Why the last try was refused. */
  problem: ProblemError | null;
  caller: Caller;
  stacks: readonly RegisteredEnvironment[];
  pipelines: readonly Pipeline[];
}

export function StartForm({ fields, problem, caller, stacks, pipelines }: StartFormProps) {
  const isAllowed = mayUse(caller, 'run');
  return (
    <section class="start">
      <h1>Start a run</h1>
      {problem && (
        <div class="problem" role="alert">
          <p>{problem.message}</p>
          {problem.details.nextStep && <p>{problem.details.nextStep}</p>}
        </div>
      )}
      <form method="post" action="/runs/new" class="fields">
        <input type="hidden" name="once" value={fields.once} />
        <label for="stack">Stack</label>
        <select id="stack" name="stack" required>
          {stacks.map(({ host, name, workingDirectory }) => (
            <option value={`${host}/${name}`} selected={`${host}/${name}` === fields.stack}>
              {name} on {host} ({workingDirectory})
            </option>
          ))}
        </select>
        <label for="pipeline">Pipeline</label>
        <select id="pipeline" name="pipeline" required>
          {[...pipelines].sort(byName).map(({ id, name }) => (
            <option value={id} selected={id === fields.pipeline}>
              {name}
            </option>
          ))}
        </select>
        <label for="prompt">What it is for</label>
        <textarea id="prompt" name="prompt" rows={3} maxlength={8000} aria-describedby="prompt-hint">
          {fields.prompt}
        </textarea>
        <p id="prompt-hint" class="hint">
          It is kept with the run and shown; it decides nothing.
        </p>
        <button type="submit" class="primary" disabled={!isAllowed}>
          <Icon name="run" />
          Start
        </button>
        {!isAllowed && <p class="hint">Your key may only look: starting wants the scope “run”.</p>}
      </form>
      <h2>What there is</h2>
      <dl class="pipelines">
        {[...pipelines].sort(byName).map(({ name, description }) => (
          <div>
            <dt>{name}</dt>
            <dd>{description}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function byName(one: Pipeline, other: Pipeline): number {
  return one.name < other.name ? -1 : 1;
}
