import { isHexOf } from '../protocol/bytes.ts';
import { type Algorithm, powHash } from '../protocol/hash.ts';
import { hashNumber } from '../protocol/target.ts';
import { EXTRANONCE2_BYTES, headerOf, type Job, type Solution } from './job.ts';
import type { JobBook } from './jobs.ts';

const MAX_FUTURE_SECONDS = 7_200;

/** Stratum's error codes for submissions and sessions. */
export const stratumErrors = {
  other: 20,
  jobNotFound: 21,
  duplicate: 22,
  lowDifficulty: 23,
  unauthorized: 24,
  notSubscribed: 25,
} as const;

/** A refusal as Stratum puts it into `error`. */
export interface ShareFault {
  readonly accepted: false;
  readonly code: number;
  readonly reason: string;
}

/** A share that counts. `isBlock` says that it meets the network's target too. */
export interface ValidShare {
  readonly accepted: true;
  readonly job: Job;
  readonly solution: Solution;
  readonly isBlock: boolean;
}

/** What became of a submission. */
export type ShareVerdict = ValidShare | ShareFault;

/** What a submission is judged by. */
export interface ShareRules {
  readonly algorithm: Algorithm;
  readonly jobs: JobBook;
  readonly shareTarget: bigint;
  /** The pool's clock, in seconds since the epoch. */
  nowSeconds(): number;
}

/** The parameters of `mining.submit` after the worker's name: job id, extranonce2, time, nonce; all hex. */
export interface Submission {
  readonly jobId: string;
  readonly extranonce2: string;
  readonly time: string;
  readonly nonce: string;
}

/** Judges a submission of the session that was given `extranonce1`. */
export function judgeShare(rules: ShareRules, extranonce1: Buffer, submission: Submission): ShareVerdict {
  const job = rules.jobs.find(submission.jobId);
  if (job === undefined) return fault(stratumErrors.jobNotFound, 'Job not found');
  if (job === 'stale') return fault(stratumErrors.jobNotFound, 'Stale share');
  const malformed = malformedPart(submission);
  if (malformed !== undefined) return fault(stratumErrors.other, `Incorrect size of ${malformed}`);
  const solution = decode(extranonce1, submission);
  if (!timeAllowed(job, solution.time, rules.nowSeconds())) {
    return fault(stratumErrors.other, 'ntime out of range');
  }
  return judgeSolution(rules, job, solution);
}

function judgeSolution(rules: ShareRules, job: Job, solution: Solution): ShareVerdict {
  const header = headerOf(job, solution);
  if (!rules.jobs.remember(header.toString('latin1'))) {
    return fault(stratumErrors.duplicate, 'Duplicate share');
  }
  const hash = hashNumber(powHash(rules.algorithm, header));
  if (hash > rules.shareTarget) return fault(stratumErrors.lowDifficulty, 'Low difficulty share');
  return { accepted: true, job, solution, isBlock: hash <= job.networkTarget };
}

function malformedPart(submission: Submission): string | undefined {
  if (!isHexOf(EXTRANONCE2_BYTES, submission.extranonce2)) return 'extranonce2';
  if (!isHexOf(4, submission.time)) return 'ntime';
  if (!isHexOf(4, submission.nonce)) return 'nonce';
  return undefined;
}

function decode(extranonce1: Buffer, submission: Submission): Solution {
  return {
    extranonce1,
    extranonce2: Buffer.from(submission.extranonce2, 'hex'),
    time: Number.parseInt(submission.time, 16),
    nonce: Number.parseInt(submission.nonce, 16),
  };
}

function timeAllowed(job: Job, time: number, nowSeconds: number): boolean {
  return time >= job.template.mintime && time <= nowSeconds + MAX_FUTURE_SECONDS;
}

function fault(code: number, reason: string): ShareVerdict {
  return { accepted: false, code, reason };
}
