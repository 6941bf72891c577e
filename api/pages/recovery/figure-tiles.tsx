import { type FailureStep, grouped, type SeriesFigures, successRate } from '../../../core/metrics-series.ts';
import { failureSentence } from '../../../core/words/failure.ts';
import { count } from '../parts/figures.ts';
import { durationOrNone, percent } from './words.ts';

interface FigureTilesProps {
  figures: SeriesFigures;
  failures: readonly FailureStep[];
}

/** The figures of the whole period. Success by component and further failures follow below. */
export function FigureTiles({ figures, failures }: FigureTilesProps) {
  const { incidents, attempts } = figures;
  return (
    <dl class="tiles">
      <Tile name="Recovery attempts" about={`in ${count(incidents)} incidents`}>
        {count(attempts.total)}
      </Tile>
      <Tile name="Successful / failed" about={about(attempts)}>
        <span class="ok">{count(attempts.successful)}</span> /{' '}
        <span class={attempts.failed > 0 ? 'bad' : undefined}>{count(attempts.failed)}</span>
      </Tile>
      <Tile name="Success rate" about="of the attempts that ended">
        {percent(successRate(attempts))}
      </Tile>
      <Tile name="Average recovery time" about="of a successful attempt">
        {durationOrNone(figures.recoveryTimeMs)}
      </Tile>
      <Tile name="Time to detection" about="average, from the failure">
        {durationOrNone(figures.timeToDetectionMs)}
      </Tile>
      <Tile name="Time to recovery" about="average, from the detection">
        {durationOrNone(figures.timeToRecoveryMs)}
      </Tile>
      <MostCommon failures={failures} />
    </dl>
  );
}

function about({ total, successful, failed }: SeriesFigures['attempts']): string {
  const others = total - successful - failed;
  return others === 0 ? 'all attempts ended' : `${count(others)} under way or cut off`;
}

function MostCommon({ failures }: { failures: readonly FailureStep[] }) {
  const byKind = grouped(
    failures,
    ({ component, failure }) => `${component} ${failure}`,
    (step) => step.count,
  );
  const [first] = byKind[0]?.[1] ?? [];
  if (!first) return null;
  return (
    <Tile name="Most common failure" about={failureSentence(first.component, first.failure)} isWide>
      <code>{first.failure}</code>
    </Tile>
  );
}

interface TileProps {
  name: string;
  about: string;
  isWide?: boolean;
  children?: unknown;
}

function Tile({ name, about, isWide = false, children }: TileProps) {
  return (
    <div class={isWide ? 'card wide' : 'card'}>
      <dt>{name}</dt>
      <dd>
        <strong>{children as string}</strong>
        <span class="hint">{about}</span>
      </dd>
    </div>
  );
}
