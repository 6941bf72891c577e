import { oneLine } from '../../core/words/text.ts';
import { paragraph } from '../terminal/fit.ts';
import type { Paint } from '../terminal/paint.ts';
import type { Finding, FindingVerdict } from './finding.ts';

interface Terminal {
  paint: Paint;
  /** Missing where it is no terminal: lines are as long as they are. */
  columns: number | undefined;
}

const UNBOUNDED = 10_000;
const VERDICT_WIDTH = 9;

/** A line each, with what to do below it where there is something to do; then what it comes to. */
export function describeFindings(findings: readonly Finding[], terminal: Terminal): string[] {
  return [...findings.flatMap((finding) => lines(finding, terminal)), '', summary(findings, terminal)];
}

function lines({ verdict, check, fact, mend }: Finding, terminal: Terminal): string[] {
  const columns = terminal.columns ?? UNBOUNDED;
  const [first = '', ...rest] = paragraph(`${check}: ${oneLine(fact)}`, VERDICT_WIDTH, columns);
  const told = `${colour(verdict, terminal.paint)(verdict)}${first.slice(verdict.length)}`;
  return [told, ...rest, ...(mend === null ? [] : paragraph(`-> ${oneLine(mend)}`, VERDICT_WIDTH, columns))];
}

function summary(findings: readonly Finding[], { paint }: Terminal): string {
  const count = (verdict: FindingVerdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems > 0) return paint.bad(`${many(problems, 'problem')}, ${many(warnings, 'warning')}.`);
  if (warnings > 0)
    return paint.warning(`Nothing keeps Davylamp from its work; ${many(warnings, 'warning')}.`);
  return paint.good('All is well.');
}

function many(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function colour(verdict: FindingVerdict, { good, warning, bad }: Paint): (text: string) => string {
  return { ok: good, warning, problem: bad }[verdict];
}
