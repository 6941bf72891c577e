import { createJob, type Job } from '../../../lab/pool/job.ts';
import { createJobBook } from '../../../lab/pool/jobs.ts';
import type { ShareRules } from '../../../lab/pool/share.ts';
import type { BlockTemplate } from '../../../lab/pool/template.ts';
import type { Algorithm } from '../../../lab/protocol/hash.ts';
import { targetFromDifficulty } from '../../../lab/protocol/target.ts';

/** The clock of `rulesFor`, in seconds since the epoch. */
export const NOW = 1_795_451_200;

/** An empty block on regtest, as litecoind 0.21.2.1 describes it. */
export const template: BlockTemplate = {
  version: 0x20000000,
  previousblockhash: '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
  transactions: [],
  coinbaseaux: {},
  coinbasevalue: 5_000_000_000,
  mintime: NOW - 1_000,
  curtime: NOW,
  bits: '207fffff',
  height: 433,
  default_witness_commitment: '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9',
};

/** A job on that template. */
export function jobNamed(id: string, changes: Partial<BlockTemplate> = {}): Job {
  const script = Buffer.from('0014dc86020ea73a1660cb34857d52158671a7fa0ab1', 'hex');
  return createJob(id, { ...template, ...changes }, script);
}

/** Rules with one job named `1`. */
export function rulesFor(algorithm: Algorithm, difficulty: number): ShareRules {
  const jobs = createJobBook();
  jobs.add(jobNamed('1'));
  return {
    algorithm,
    jobs,
    shareTarget: targetFromDifficulty(algorithm, difficulty),
    nowSeconds: () => NOW,
  };
}
