import { readable } from '../../../core/words/text.ts';

/** What a stage found, as it was kept: by name. */
export function Evidence({ evidence }: { evidence: Readonly<Record<string, unknown>> }) {
  const facts = Object.entries(evidence);
  if (facts.length === 0) return null;
  return (
    <section>
      <h4>Evidence</h4>
      <dl class="evidence">
        {facts.map(([name, value]) => (
          <div>
            <dt>{nameOf(name)}</dt>
            <dd>
              <Value value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** `knownHeight` and `known_height` alike. */
function nameOf(name: string): string {
  return readable(name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase());
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span class="hint">none</span>;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return value.join(', ') || 'none';
  if (Array.isArray(value))
    return (
      <ul>
        {value.map((item) => (
          <li>
            <Value value={item} />
          </li>
        ))}
      </ul>
    );
  return wordsOf(value);
}

/** `name litecoind, path /usr/bin/litecoind`, without what is empty. */
function wordsOf(value: object): string {
  return Object.entries(value)
    .filter(([, item]) => item !== null && !(Array.isArray(item) && item.length === 0))
    .map(([name, item]) => `${nameOf(name)} ${typeof item === 'object' ? JSON.stringify(item) : item}`)
    .join(', ');
}
