import type { ChaosFigures } from './run.ts';

/** The figures, for whoever reads the output. */
export function reportOf(figures: ChaosFigures): string {
  const { findings, faults } = figures;
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const lines: [string, string | number][] = [
    ['queue backend', figures.backend],
    ['seed', figures.seed],
    ['runs', figures.runs],
    ['effects', figures.effects],
    ['succeeded attempts', figures.succeeded],
    ['lost', findings.lost.length],
    ['duplicated', findings.duplicated.length],
    ['given up', figures.givenUp],
    ['drain seconds', figures.drainSeconds.toFixed(1)],
    ['fault seconds', figures.faultSeconds.toFixed(1)],
    ['faults', total],
    ['processes restarted', figures.restarts],
    ['requests', figures.requests],
    ['load average', figures.load.toFixed(1)],
  ];
  const wrong = Object.entries({ ...findings, refused: figures.refused }).filter(
    ([, list]) => list.length > 0,
  );
  return [
    ...lines.map(([name, value]) => `${name.padEnd(20)} ${value}`),
    ...[...faults].sort().map(([name, count]) => `  ${name.padEnd(28)} ${count}`),
    ...countsOf(figures.hindered).map((line) => `  hindered: ${line}`),
    ...wrong.map(([name, list]) => `${name}: ${list.length}\n  ${list.slice(0, 10).join('\n  ')}`),
  ].join('\n');
}

function countsOf(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => `${count} x ${line}`);
}
