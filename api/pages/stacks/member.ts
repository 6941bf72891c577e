import type { ComponentRef } from '../../../core/component.ts';
import type { Figures } from '../../../core/health.ts';
import { readable } from '../../../core/words/text.ts';
import type { StackOverview } from '../../../db/overview.ts';
import type { Tone } from '../parts/badge.tsx';
import type { IconName } from '../parts/icon.tsx';

/** A component as a stack's card shows it. */
export interface Member {
  ref: ComponentRef;
  tone: Tone;
  icon: IconName;
  word: string;
  /** Since when it has been so: ISO 8601 UTC. */
  since: string | null;
  /** The facts that tell what is wrong with it. */
  evidence: readonly string[];
  figures: Figures;
}

/** What the last look saw of a component, and what is wanted of it now. */
export function memberOf(ref: ComponentRef, { health, desired }: StackOverview): Member {
  const seen = health?.components.find(({ name }) => name === ref.name);
  const wanted = desired[ref.name] ?? seen?.desired ?? 'stopped';
  const common = {
    ref,
    since: seen?.since ?? null,
    evidence:
      health?.diagnoses.flatMap((found) => (found.component === ref.name ? found.evidence : [])) ?? [],
    figures: seen?.figures ?? {},
  };
  if (seen?.failure) return { ...common, tone: 'bad', icon: 'bad', word: readable(seen.failure) };
  if (wanted === 'stopped' && seen?.state !== 'running')
    return { ...common, tone: 'idle', icon: 'idle', word: 'stopped' };
  if (!seen) return { ...common, tone: 'idle', icon: 'wait', word: 'not seen yet' };
  if (seen.state === 'frozen') return { ...common, tone: 'bad', icon: 'bad', word: 'hangs' };
  if (seen.state === 'down') return { ...common, tone: 'bad', icon: 'bad', word: 'not running' };
  return { ...common, tone: 'ok', icon: 'ok', word: 'running' };
}

/** The figures of several miners as one: rates and shares add up. */
export function sumFigures(all: readonly Figures[]): Figures {
  const names = ['hashrate', 'acceptedShares', 'rejectedShares'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const known = all.flatMap((figures) => figures[name] ?? []);
      return known.length === 0 ? [] : [[name, known.reduce((sum, value) => sum + value, 0)]];
    }),
  );
}
