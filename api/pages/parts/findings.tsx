import type { Diagnosis } from '../../../core/failure.ts';
import { failureSentence } from '../../../core/words/failure.ts';

interface FindingsProps {
  title: string;
  diagnoses: readonly Diagnosis[];
  /** What it means that there are none. */
  none: string;
}

/** What was wrong with a stack at one moment, each with the facts that led there. */
export function Findings({ title, diagnoses, none }: FindingsProps) {
  return (
    <section class="findings">
      <h4>{title}</h4>
      {diagnoses.length === 0 && <p>{none}</p>}
      <ul>
        {diagnoses.map(({ component, failure, evidence }) => (
          <li>
            <p>
              {failureSentence(component, failure)} <code>{failure}</code>
            </p>
            <ul class="facts">
              {evidence.map((fact) => (
                <li>{fact}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}
