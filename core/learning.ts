import type { Action, Rung } from './strategy.ts';

/** How often a rung was proven to help, and how often it did not, with one failure of one component. */
export interface RungRecord {
  rung: string;
  worked: number;
  failed: number;
}

/** How one rung went in one attempt. */
export interface RungOutcome {
  /** `component:failure` */
  failure: string;
  rung: string;
  worked: boolean;
}

/** So many outcomes make an experience; fewer are chance. */
const OUTCOMES_MIN = 2;

/** A rung by what it does: the same actions are the same rung, wherever they stand. */
export function rungName({ actions }: Rung): string {
  return actions.map(actionName).join(', ');
}

function actionName(action: Action): string {
  const { type, ...rest } = action;
  return [type, ...Object.values(rest).map(String)].join(' ');
}

/**
 * The rungs in the order that worked here: those that mostly failed come last, once another one is known to help.
 * The rest keeps the order of its strategy. `because` says why, `null` where nothing was moved.
 */
export function inLearnedOrder(
  rungs: readonly Rung[],
  records: readonly RungRecord[],
): { rungs: Rung[]; because: string | null } {
  const recordOf = (rung: Rung) => records.find((record) => record.rung === rungName(rung));
  const helpers = rungs.filter((rung) => isHelp(rung, recordOf(rung)));
  const futile = rungs.filter((rung) => isFutile(recordOf(rung)));
  const first = futile.findIndex((rung) =>
    helpers.some((helper) => rungs.indexOf(rung) < rungs.indexOf(helper)),
  );
  if (first === -1) return { rungs: [...rungs], because: null };
  return {
    rungs: [...rungs.filter((rung) => !futile.includes(rung)), ...futile],
    because: [...new Set([...helpers, ...futile])]
      .flatMap((rung) => recordOf(rung) ?? [])
      .map(told)
      .join('; '),
  };
}

/** The alternative of a miner is for when the first one cannot be kept, however often it helped. */
function isHelp(rung: Rung, record: RungRecord | undefined): boolean {
  if (rung.actions.some(({ type }) => type === 'switch_miner')) return false;
  return record !== undefined && record.worked >= OUTCOMES_MIN && !isFutile(record);
}

function isFutile(record: RungRecord | undefined): boolean {
  return record !== undefined && record.failed >= OUTCOMES_MIN && record.failed > record.worked;
}

function told({ rung, worked, failed }: RungRecord): string {
  return `"${rung}" helped ${worked} times of ${worked + failed} here`;
}
