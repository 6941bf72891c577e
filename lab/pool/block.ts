import { blockHash } from '../protocol/header.ts';
import type { Daemon } from './daemon.ts';
import { blockOf, headerOf } from './job.ts';
import type { Log } from './log.ts';
import type { ValidShare } from './share.ts';

/** Hands a found block to the daemon and logs what became of it. Never rejects. */
export async function submitBlock(daemon: Daemon, { job, solution }: ValidShare, log: Log): Promise<void> {
  const hash = blockHash(headerOf(job, solution));
  const name = `height ${job.template.height} hash ${hash}`;
  try {
    const reason = await daemon.call('submitblock', [blockOf(job, solution)]);
    log(describeVerdict(name, reason));
  } catch (error) {
    log(`Block not submitted: ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describeVerdict(name: string, reason: unknown): string {
  if (reason === null) return `Block accepted: ${name}`;
  // BIP22: valid, but another block of that height came first.
  if (reason === 'inconclusive') return `Block came second: ${name}`;
  return `Block rejected: ${name}: ${String(reason)}`;
}
