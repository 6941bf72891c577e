import { failureQuestion, failureSentence } from '../../../core/words/failure.ts';
import { Icon } from '../parts/icon.tsx';
import type { SeenIncident } from './read.ts';

/** What it was, by which facts, and what it was not, although it would have looked much the same. */
export function Diagnosis({ seen: { incident, report } }: { seen: SeenIncident }) {
  const { component, failure, evidence, raised } = incident;
  const { ruledOut } = report;
  return (
    <section aria-labelledby="diagnosis">
      <h2 id="diagnosis">Diagnosis</h2>
      <div class="card diagnosis">
        <section aria-labelledby="found">
          <h3 id="found">What was found</h3>
          <p>
            {failureSentence(component, failure)} {failure && <code>{failure}</code>}
          </p>
          <ul class="reasons for">
            {evidence.map((fact) => (
              <li>
                <Icon name="ok" />
                {fact}
              </li>
            ))}
          </ul>
          {raised.message && (
            <details class="noticed" id="noticed">
              <summary>What was noticed first</summary>
              <p>
                {raised.message} <code>{raised.code}</code>
              </p>
            </details>
          )}
        </section>
        {ruledOut.length > 0 && (
          <section aria-labelledby="ruled-out">
            <h3 id="ruled-out">What was ruled out</h3>
            <dl class="reasons against">
              {ruledOut.map((other) => (
                <div>
                  <dt>
                    <Icon name="bad" />
                    {failureQuestion(other.component, other.failure)}
                  </dt>
                  <dd>No: {other.fact}.</dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </div>
    </section>
  );
}
