import type { Caller } from '../../../db/keys.ts';
import { boardLink } from '../../runs/board-link.ts';
import { mayUse } from '../parts/order-form.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import type { SeenRun } from './read.ts';

/** What was asked for, and where to look further. */
export function Request({ seen, caller }: { seen: SeenRun; caller: Caller }) {
  const { run, environment } = seen;
  const job = boardLink(run);
  return (
    <section aria-labelledby="request">
      <h2 id="request">Request</h2>
      <div class="card request">
        <blockquote>{run.userPrompt}</blockquote>
        <dl class="evidence">
          <Fact name="pipeline">
            {run.pipelineName} {run.pipelineVersion}
          </Fact>
          <Fact name="folder">
            <code>{run.workingDirectory}</code>
          </Fact>
          <Fact name="stack">
            <a href={`/#${run.host}/${environment}`}>{environment}</a> on {run.host}
          </Fact>
          <Fact name="accepted">
            <ToldTime at={run.createdAt} told="ago" />
          </Fact>
          <Fact name="run">
            <code>{run.id}</code>
          </Fact>
          <Fact name="definition">
            <code>{run.pipelineHash.slice(0, 19)}</code>
          </Fact>
          <Fact name="queue job">
            {job === null ? (
              'none any more'
            ) : mayUse(caller, 'admin') ? (
              <a href={job}>on the dashboard</a>
            ) : (
              'wants a key with the scope “admin”'
            )}
          </Fact>
        </dl>
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children?: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children as string}</dd>
    </div>
  );
}
