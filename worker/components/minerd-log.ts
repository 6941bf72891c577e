import type { MinerFacts } from '../../core/observation.ts';

/** What a miner of minerd's family wrote about its work since it was started. */
export interface MinerWords {
  acceptedShares: number;
  rejectedShares: number;
  /** The verdicts on its last shares. */
  recentShares: MinerFacts['recentShares'];
  /** Hashes a second, as it last said. */
  hashrate: number | null;
  connection: MinerFacts['connection'];
}

/** `(66.67%), 0.51 khash/s` of minerd, `(diff 0.01), 5.1 kH/s` of cpuminer-multi. */
const SHARES = /accepted: (\d+)\/(\d+)(?: \([^)\n]*\))?(?:, ([\d.]+) ([kMG]?)(?:hash|H)\/s)?/;
/** Of one thread, from time to time: `thread 0: 4096 hashes, 0.51 khash/s`, `CPU #0: 5.1 kH/s`. */
const THREAD_RATE = /(?:thread |CPU #)(\d+): (?:\d+ hashes, )?([\d.]+) ([kMG]?)(?:hash|H)\/s/g;
const SCALE: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9 };

type Sign = MinerFacts['connection'] | 'retrying';

const CONNECTION: readonly [RegExp, Sign][] = [
  [SHARES, 'working'],
  [/Stratum authentication failed/, 'unauthorized'],
  [/Stratum connection (failed|interrupted|timed out)|stratum_recv_line failed/, 'unreachable'],
  [/retry after \d+ seconds/, 'retrying'],
  [/Starting Stratum|Stratum requested work restart|New job/i, 'working'],
];

const RECENT_SHARES = 10;
const COUNTS = new RegExp(SHARES.source, 'g');

/** The verdict on each share, in their order: minerd repeats its sums with every one, and begins anew at its start. */
function verdicts(text: string): boolean[] {
  const found: boolean[] = [];
  let before: { accepted: number; submitted: number } | null = null;
  for (const [, accepted, submitted] of text.matchAll(COUNTS)) {
    const now = { accepted: Number(accepted), submitted: Number(submitted) };
    const last = now.submitted === 1 ? { accepted: 0, submitted: 0 } : before;
    if (last && now.submitted === last.submitted + 1) found.push(now.accepted > last.accepted);
    before = now;
  }
  return found;
}

/** Reads minerd's words (`accepted: 3/3 (100.00%), 0.51 khash/s (yay!!!)`): the last of each kind counts. */
export function readMinerWords(text: string): MinerWords {
  const lines = text.split('\n').reverse();
  const shares = lines.map((line) => SHARES.exec(line)).find((match) => match !== null);
  const [, accepted = '0', submitted = '0', rate, scale] = shares ?? [];
  const recent = verdicts(text).slice(-RECENT_SHARES);
  return {
    acceptedShares: Number(accepted),
    rejectedShares: Number(submitted) - Number(accepted),
    recentShares: {
      accepted: recent.filter((isAccepted) => isAccepted).length,
      rejected: recent.filter((isAccepted) => !isAccepted).length,
    },
    hashrate: rate === undefined ? threadsRate(text) : rateOf(rate, scale),
    connection: connectionIn(lines),
  };
}

function rateOf(rate: string, scale = ''): number {
  return Number(rate) * (SCALE[scale] ?? 1);
}

/** The sum over the threads, each as it last said: before the first share nothing else tells of the work. */
function threadsRate(text: string): number | null {
  const rates = new Map<string, number>();
  for (const [, thread = '', rate = '', scale] of text.matchAll(THREAD_RATE))
    rates.set(thread, rateOf(rate, scale));
  return rates.size === 0 ? null : [...rates.values()].reduce((sum, rate) => sum + rate, 0);
}

/** By the last sign. That it will try again follows a refused login as it follows a pool that is not there. */
function connectionIn(linesFromLast: readonly string[]): MinerFacts['connection'] {
  const signs = linesFromLast.flatMap(
    (line) => CONNECTION.find(([pattern]) => pattern.test(line))?.[1] ?? [],
  );
  const [last = 'unknown'] = signs;
  if (last !== 'retrying') return last;
  return signs.find((sign) => sign !== 'retrying') === 'unauthorized' ? 'unauthorized' : 'unreachable';
}
