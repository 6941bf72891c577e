import { availableParallelism } from 'node:os';
import type { DrillResult } from './result.ts';
import { HEADINGS, ratioOf, rowOf } from './table.ts';

export interface Host {
  /** What each stack was made of. */
  stacks: readonly { name: string; versions: readonly string[] }[];
  startedAt: Date;
  durationMs: number;
}

/** A drill as a page of Markdown. */
export function markdown(results: readonly DrillResult[], { stacks, startedAt, durationMs }: Host): string {
  const provoked = results.filter(({ skipped }) => skipped === null);
  const good = provoked.filter(({ asExpected }) => asExpected);
  return [
    '# Drill',
    '',
    `Written by \`davy drill --report\` on ${startedAt.toISOString().slice(0, 10)}: ` +
      `${provoked.length} faults on real processes in ${Math.round(durationMs / 60_000)} min, ` +
      `${good.length} as expected, ${lost(results)} with a loss.`,
    '',
    `Node ${process.versions.node}, ${availableParallelism()} cores, Linux. ` +
      stacks.map(({ name, versions }) => `\`${name}\`: ${versions.join(', ')}.`).join(' '),
    '',
    'All times are counted from the harm, by the clock of the injector. *Detected after*: until Davylamp had opened',
    "its incident. *Works after*: until the drill's own observer, which asks every 5 ms, had its proof: three good",
    'answers, the height of before and a block template from the daemon; work on its tip from the pool; an accepted',
    'share from the miner. *Floor*: a bare script that restarts the component at once and waits for the same proof,',
    'in the same run. Medians where a fault was provoked several times.',
    '',
    row(['fault', 'what is done', ...HEADINGS.slice(1)]),
    row(Array.from({ length: HEADINGS.length + 1 }, () => '---')),
    ...results.map((result) => row([...rowOf(result).slice(0, 1), result.title, ...rowOf(result).slice(1)])),
    '',
    ...floors(results),
  ].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

function lost(results: readonly DrillResult[]): number {
  const problems = ({ trials }: DrillResult) => trials.flatMap((trial) => trial.problems);
  return results.filter((result) => problems(result).some((problem) => problem.startsWith('LOST'))).length;
}

/** The single measurements behind the medians. */
function floors(results: readonly DrillResult[]): string[] {
  const measured = results.filter(({ floorsMs }) => floorsMs.length > 0);
  if (measured.length === 0) return [];
  const times = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null ? '-' : Math.round(value))).join(', ');
  return [
    'The single times behind the ratios, in ms:',
    '',
    row(['fault', 'Davylamp', 'bare script', 'ratio of the medians']),
    row(['---', '---', '---', '---']),
    ...measured.map((result) =>
      row([
        result.fault,
        times(result.trials.map(({ provenMs }) => provenMs)),
        times(result.floorsMs),
        ratioOf(result)?.toFixed(2) ?? '',
      ]),
    ),
    '',
  ];
}
