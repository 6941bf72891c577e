import { open, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainDirectory } from '../../../worker/components/chain-data.ts';
import { daemonMember } from '../../../worker/components/stack.ts';
import { askDaemon, killed, memberOf } from '../../components.ts';
import type { Fault, FaultContext, Injected } from '../../fault.ts';
import { unwatched } from '../../unwatched.ts';
import { needsPeers } from './rpc.ts';

/** A killed daemon is down first; what it says when it is started again is the cause. */
const CORRUPT = ['daemon:data_corrupt', 'daemon:process_down', 'daemon:chain_rolled_back'];
const FLUSH_MS = 30_000;

/** A daemon whose files are damaged while it is down: real files, really cut off. */
export const daemonData: readonly Fault[] = [
  {
    name: 'daemon-chainstate-truncated',
    layer: 'daemon',
    title: 'it gets SIGKILL and its chain state is cut in half',
    expects: { outcome: 'healed', diagnoses: CORRUPT },
    inject: (context) => damaged(context, (chain) => cutDatabase(join(chain, 'chainstate'))),
  },
  {
    name: 'daemon-index-damaged',
    layer: 'daemon',
    title: 'it gets SIGKILL and its block index is overwritten in part',
    expects: { outcome: 'healed', diagnoses: CORRUPT },
    inject: (context) => damaged(context, (chain) => scribble(join(chain, 'blocks', 'index'))),
  },
  {
    name: 'daemon-block-file-truncated',
    layer: 'daemon',
    title: 'it gets SIGKILL and its file of blocks loses its second half: the peer has them all',
    expects: { outcome: 'healed', diagnoses: CORRUPT },
    applies: (target) => needsPeers(target) && 'without a peer these blocks are gone for good',
    inject: (context) => damaged(context, (chain) => cutBlocks(join(chain, 'blocks', 'blk00000.dat'))),
  },
];

async function damaged(context: FaultContext, damage: (chain: string) => Promise<void>): Promise<Injected> {
  const daemon = daemonMember(context.stack);
  const atMs = await unwatched(context, async () => {
    await askDaemon(context.stack, 'gettxoutsetinfo', [], FLUSH_MS);
    await killed(memberOf(context.stack, 'daemon'));
    await damage(chainDirectory(daemon));
  });
  return { atMs };
}

async function cutDatabase(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /\.ldb$|^MANIFEST/.test(name));
  for (const name of files) await halve(join(folder, name));
}

async function scribble(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /\.ldb$|^MANIFEST/.test(name));
  for (const name of files) {
    const file = join(folder, name);
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    await handle.write(Buffer.alloc(Math.ceil(size / 2), 0xa5), 0, Math.ceil(size / 2), Math.floor(size / 4));
    await handle.close();
  }
  if (files.length === 0) await writeFile(join(folder, 'CURRENT'), 'MANIFEST-999999\n');
}

/** Block files are made larger than they need to be: what counts is the part that is used. */
async function cutBlocks(file: string): Promise<void> {
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  const { buffer } = await handle.read(Buffer.alloc(size), 0, size, 0);
  await handle.close();
  let used = size;
  while (used > 0 && buffer[used - 1] === 0) used--;
  await truncate(file, Math.floor(used / 2));
}

async function halve(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  const { size } = await handle.stat();
  await handle.truncate(Math.floor(size / 2));
  await handle.close();
}
