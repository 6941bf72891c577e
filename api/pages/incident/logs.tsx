import type { Snapshot } from '../../../core/report.ts';
import { clockTime } from '../parts/told-time.tsx';

/** More of a log than this is in the report. */
const LINES_MAX = 30;

/** What the components wrote last before a person was called. */
export function Logs({ snapshot }: { snapshot: Snapshot | null }) {
  if (snapshot === null || snapshot.logs.length === 0) return null;
  return (
    <section aria-labelledby="logs">
      <div class="heading">
        <h2 id="logs">Logs</h2>
        <p class="hint">
          as they were at <time datetime={snapshot.takenAt}>{clockTime(snapshot.takenAt)}</time> UTC, when a
          person was called
        </p>
      </div>
      <div class="card logs">
        {snapshot.logs.map(({ component, file, lines }) => (
          <details id={`log-${component}-${file}`}>
            <summary>
              <b>{component}</b> <span class="hint">{file}</span>
            </summary>
            <pre tabindex={0}>{lines.length === 0 ? '(empty)' : lines.slice(-LINES_MAX).join('\n')}</pre>
          </details>
        ))}
      </div>
    </section>
  );
}
