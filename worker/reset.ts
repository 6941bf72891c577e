import { randomBytes } from 'node:crypto';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DaemonSpec } from '../core/environment.ts';
import { DavyError, messageOf } from '../core/errors.ts';
import type { Observation } from '../core/observation.ts';
import { DATA_DESTROYING, mayResetAs, type ResetType } from '../core/reset.ts';
import { perform } from './actions.ts';
import { describeDiagnoses, settle } from './agents/settle.ts';
import { chainDirectory, walletDirectory } from './components/chain-data.ts';
import { bootDaemons } from './components/daemons.ts';
import { daemonKind, minerKind, poolKind } from './components/index.ts';
import { chooseFirst } from './components/miner-choice.ts';
import { bootPool } from './components/payout.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  outputFile,
  pathOf,
  peerMembers,
  poolMember,
  type Stack,
} from './components/stack.ts';
import { openWallet } from './components/wallet.ts';
import { emptyTrash, moveToTrash, restoreTrash, type Trashed } from './host/trash.ts';
import { allMembers } from './observe.ts';

/** The blocks after which the first coinbase is mature. */
const INITIAL_BLOCKS = 101;

export interface ResetContext {
  stack: Stack;
  type: ResetType;
  /** The components that run again afterwards. */
  wanted: (component: string) => boolean;
  signal: AbortSignal;
  observe(): Promise<Observation>;
  /** Forgets the height of the chain that is wiped. */
  forgetHeights(): Promise<void>;
  /** Tells each step as it is done. */
  note(step: string, result: string): Promise<void>;
}

/**
 * An environment reset: stop miners, pool, daemon; clean what the type says; start daemon, pool, miners; verify.
 * Data is moved aside, and deleted only once the stack works without it; where that fails, it is put back.
 * @throws DavyError `unsafe` before anything was touched, where this environment may not be reset.
 */
export async function resetEnvironment(context: ResetContext): Promise<void> {
  const { stack, type } = context;
  assertResettable(stack, type);
  await stopAll(context);
  for (const { ref } of minerMembers(stack)) await chooseFirst(stack.stateDirectory, ref.name);
  const trash = DATA_DESTROYING[type] ? await clearData(context) : [];
  try {
    if (type === 'config' || type === 'full') await configureAll(context);
    await startAll(context);
    await verify(context);
  } catch (error) {
    await undo(context, trash);
    throw error;
  }
  for (const entry of trash) await emptyTrash(entry);
  if (trash.length > 0) await context.note('clean', `${trash.length} items deleted for good`);
}

function assertResettable({ environment }: Stack, type: ResetType): void {
  if (mayResetAs(environment, type)) return;
  throw new DavyError('unsafe', `environment ${environment.name} may not be reset (${type})`, {
    component: 'environment',
    nextStep: 'Data is only wiped on regtest, and only where davy.json says "resettable": true.',
  });
}

async function stopAll({ stack, note, signal }: ResetContext): Promise<void> {
  for (const member of allMembers(stack).reverse()) {
    signal.throwIfAborted();
    const { name } = member.ref;
    await note(`stop ${name}`, await perform(stack, { type: 'stop', component: name, force: false }));
  }
}

/** Moves the chain, the logs and the output of pool and miners aside. Wallets are copied first, and kept in use. */
async function clearData({ stack, note, forgetHeights }: ResetContext): Promise<Trashed[]> {
  const nonce = randomBytes(6).toString('hex');
  const trash: Trashed[] = [];
  try {
    const copies = await Promise.all(daemons(stack).map((member) => copyWallets(member, nonce)));
    for (const path of doomedPaths(stack)) {
      const moved = await moveToTrash(path, nonce);
      if (moved) trash.push(moved);
    }
    for (const copy of copies) if (copy) await cp(copy.backup, copy.original, { recursive: true });
  } catch (error) {
    for (const entry of trash) await restoreTrash(entry);
    throw error;
  }
  await forgetHeights();
  await note(
    'clean',
    `moved aside: ${trash.map(({ original }) => original).join(', ') || 'nothing was there'}`,
  );
  return trash;
}

function daemons(stack: Stack): Member<DaemonSpec>[] {
  return [...peerMembers(stack), daemonMember(stack)];
}

/** Only what `davy.json` declares, and of a data directory only the folder of the practice chain. */
function doomedPaths(stack: Stack): string[] {
  const logs = (member: Member) => member.spec.logFiles.map((file) => pathOf(member, file));
  return [
    ...daemons(stack).map(chainDirectory),
    ...[poolMember(stack), ...minerMembers(stack)].flatMap((member) => [...logs(member), outputFile(member)]),
  ];
}

async function copyWallets(
  member: Member<DaemonSpec>,
  nonce: string,
): Promise<{ original: string; backup: string } | null> {
  const original = await walletDirectory(member);
  if (original === null) return null;
  const backup = join(member.stack.stateDirectory, 'wallets', nonce, member.ref.name);
  await mkdir(dirname(backup), { recursive: true, mode: 0o700 });
  await cp(original, backup, { recursive: true });
  return { original, backup };
}

async function configureAll({ stack, note }: ResetContext): Promise<void> {
  for (const member of daemons(stack)) await daemonKind(member).configure(member);
  const pool = poolMember(stack);
  await poolKind(pool).configure(pool);
  for (const member of minerMembers(stack)) await minerKind(member).configure(member);
  await note('configure', 'the configuration of every component was checked and completed');
}

async function startAll({ stack, type, wanted, note, signal }: ResetContext): Promise<void> {
  if (!wanted(daemonMember(stack).ref.name)) return;
  await bootDaemons(stack);
  await note('start daemon', 'the daemon and its peers run');
  signal.throwIfAborted();
  if (DATA_DESTROYING[type]) {
    const wallet = await openWallet(stack);
    const height = await wallet.generate(INITIAL_BLOCKS);
    await wallet.checkpoint();
    await note('fund', `the new chain has ${height} blocks`);
  }
  const pool = poolMember(stack);
  if (wanted(pool.ref.name)) {
    await bootPool(stack);
    await note('start pool', 'the pool runs');
  }
  for (const member of minerMembers(stack))
    if (wanted(member.ref.name)) {
      await minerKind(member).start(member, { reindex: false });
      await note(`start ${member.ref.name}`, 'the miner runs');
    }
}

async function verify({ stack, observe, signal, note }: ResetContext): Promise<void> {
  const { diagnoses } = await settle({
    observe,
    concerns: () => true,
    timeoutMs: stack.environment.daemon.startTimeoutSeconds * 1000,
    signal,
  });
  if (diagnoses.length > 0)
    throw new DavyError('reset_unverified', `after the reset: ${describeDiagnoses(diagnoses)}`);
  await note('verify', 'work flows through everything that should be running');
}

/** Puts the old data back, so that a reset that did not help has at least lost nothing. */
async function undo(context: ResetContext, trash: readonly Trashed[]): Promise<void> {
  if (trash.length === 0) return;
  try {
    await stopAll(context);
    for (const entry of trash) await restoreTrash(entry);
    await context.note('undo', 'the data from before the reset is back');
  } catch (error) {
    await context.note('undo', `the old data is still in the trash: ${messageOf(error)}`);
  }
}
