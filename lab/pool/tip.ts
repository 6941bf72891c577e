import type { Algorithm } from '../protocol/hash.ts';
import { type Daemon, DaemonRefusal } from './daemon.ts';
import { createJob, type Job } from './job.ts';
import type { Log } from './log.ts';
import { type BlockTemplate, fetchPayoutScript, fetchTemplate, InvalidAddress } from './template.ts';

const RETRY_MS = 500;
const REPEAT_TROUBLE_MS = 10_000;
// Not connected, initial download, warming up: these pass by themselves.
const notReadyCodes = [-9, -10, -28];

/** What it takes to follow a daemon's tip. */
export interface TipOptions {
  readonly daemon: Daemon;
  readonly algorithm: Algorithm;
  readonly address: string;
  readonly blockPollMs: number;
  readonly rebroadcastMs: number;
  readonly log: Log;
  onJob(job: Job): void;
}

/** Follows the tip until stopped. */
export interface TipFollower {
  /** Looks for a new tip now rather than at the next poll. */
  poke(): void;
  stop(): void;
}

/**
 * Polls the daemon's best block and makes a job whenever it differs from the last one, lower heights included, and
 * every `rebroadcastMs`. While the daemon cannot be reached or is not ready it retries every 500 ms, for ever.
 */
export function followTip(options: TipOptions): TipFollower {
  const trouble = createTroubleLog(options.log);
  const work = createWorkSource(options);
  let stopped = false;
  let running = false;
  let pokedAgain = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    clearTimeout(timer);
    pokedAgain = running;
    if (running || stopped) return;
    running = true;
    const pauseMs = await lookOnce();
    running = false;
    if (!stopped) timer = setTimeout(look, pokedAgain ? 0 : pauseMs);
  };

  const lookOnce = async () => {
    try {
      const height = await work.refresh();
      trouble.over(`Connected to daemon, height ${height}`);
      return options.blockPollMs;
    } catch (error) {
      work.forget();
      trouble.is(describeTrouble(error));
      return RETRY_MS;
    }
  };

  void look();
  return {
    poke: () => void look(),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function createWorkSource(options: TipOptions) {
  const { daemon, algorithm } = options;
  let payoutScript: Buffer | undefined;
  let template: BlockTemplate | undefined;
  let fetchedAt = 0;
  let jobs = 0;

  return {
    /** Brings the job up to date; the answer is the height of the tip. */
    async refresh(): Promise<number> {
      const tip = await daemon.call('getbestblockhash', []);
      const fresh = performance.now() - fetchedAt < options.rebroadcastMs;
      if (template !== undefined && template.previousblockhash === tip && fresh) return template.height - 1;
      payoutScript ??= await fetchPayoutScript(daemon, options.address);
      template = await fetchTemplate(daemon, algorithm);
      fetchedAt = performance.now();
      jobs += 1;
      options.onJob(createJob(jobs.toString(16), template, payoutScript));
      return template.height - 1;
    },
    /** A daemon that comes back may be another one: ask it everything anew. */
    forget() {
      payoutScript = undefined;
      template = undefined;
    },
  };
}

function createTroubleLog(log: Log) {
  let last: string | undefined = '';
  let loggedAt = 0;
  return {
    is(message: string) {
      const now = performance.now();
      if (message === last && now - loggedAt < REPEAT_TROUBLE_MS) return;
      last = message;
      loggedAt = now;
      log(message);
    },
    over(message: string) {
      if (last !== undefined) log(message);
      last = undefined;
    },
  };
}

function describeTrouble(error: unknown): string {
  if (error instanceof InvalidAddress) return error.message;
  if (!(error instanceof DaemonRefusal)) {
    return `Cannot connect to daemon: ${error instanceof Error ? error.message : String(error)}`;
  }
  const said = `${error.message} (${error.code})`;
  return notReadyCodes.includes(error.code)
    ? `Daemon is not ready: ${said}`
    : `Daemon refused ${error.method}: ${said}`;
}
