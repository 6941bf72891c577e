import { sha256d } from './hash.ts';

/**
 * The hashes that lead from the coinbase to the merkle root, bottom first. `transactionIds` are those of all
 * other transactions in block order, in internal byte order; the coinbase, not yet known, stands before them.
 */
export function merkleBranch(transactionIds: readonly Buffer[]): Buffer[] {
  const branch: Buffer[] = [];
  let level = transactionIds;
  for (let sibling = level[0]; sibling !== undefined; sibling = level[0]) {
    branch.push(sibling);
    level = parents(level.slice(1));
  }
  return branch;
}

/** The root of a tree whose first leaf is the coinbase. */
export function merkleRoot(coinbaseId: Buffer, branch: readonly Buffer[]): Buffer {
  return branch.reduce(joined, coinbaseId);
}

function parents(level: readonly Buffer[]): Buffer[] {
  const next: Buffer[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const left = level[at] ?? Buffer.alloc(0);
    next.push(joined(left, level[at + 1] ?? left));
  }
  return next;
}

function joined(left: Buffer, right: Buffer): Buffer {
  return sha256d(Buffer.concat([left, right]));
}
