import { componentsOf } from '../../core/component.ts';
import { DavyError } from '../../core/errors.ts';
import type { Reach } from '../../core/failpoint.ts';
import { describeDiagnoses } from '../../core/failure.ts';
import type { Observation } from '../../core/observation.ts';
import { perform } from '../actions.ts';
import { settle } from '../agents/settle.ts';
import { bootDaemons } from '../components/daemons.ts';
import { daemonKind, minerKind, poolKind } from '../components/index.ts';
import { chooseFirst } from '../components/miner-choice.ts';
import { bootPool } from '../components/payout.ts';
import { minerMembers, poolMember, type Stack } from '../components/stack.ts';
import { openWallet } from '../components/wallet.ts';
import { deleteMarked, markForDeletion, putBack, setAside, type TrashOptions } from '../host/trash.ts';
import type { ResetHost } from './host.ts';
import { daemonsOf, pathsToClear, reasonToSpare } from './paths-to-clear.ts';
import { readProgress, writeProgress } from './record.ts';
import { copyWallets, restoreWallets } from './wallets.ts';

/** The blocks after which the first coinbase is mature. */
const INITIAL_BLOCKS = 101;

export interface StackHostOptions {
  stack: Stack;
  /** The id of the attempt: what an earlier life of it moved is found by this. */
  nonce: string;
  reach: Reach;
  signal: AbortSignal;
  observe(): Promise<Observation>;
}

/** What a reset does to a real stack. */
export function resetHostOf({ stack, nonce, reach, signal, observe }: StackHostOptions): ResetHost {
  const options: TrashOptions = { nonce, reached: (step) => reach('reset', step) };
  const sparing = (path: string): TrashOptions => ({
    ...options,
    refusal: (at) => reasonToSpare(stack, path, at),
  });
  return {
    progress: () => readProgress(stack, nonce),
    record: (progress) => writeProgress(stack, nonce, progress),
    async stop(component) {
      const result = await perform(stack, { type: 'stop', component, force: false });
      if (isMiner(stack, component)) await chooseFirst(stack.stateDirectory, component);
      return result;
    },
    pathsToClear: async () => pathsToClear(stack),
    copyWallets: () => copyWallets(stack, nonce),
    setAside: (path) => setAside(path, sparing(path)),
    restoreWallets: () => restoreWallets(stack, nonce),
    configure: () => configureAll(stack),
    async startDaemons() {
      await bootDaemons(stack);
    },
    fund: () => fund(stack),
    async startPool() {
      await bootPool(stack);
    },
    async startMiner(component) {
      const member = minerMembers(stack).find(({ ref }) => ref.name === component);
      if (member) await minerKind(member).start(member, { reindex: false });
    },
    async verify() {
      const timeoutMs = stack.environment.daemon.startTimeoutSeconds * 1000;
      const { diagnoses } = await settle({ observe, concerns: () => true, timeoutMs, signal });
      if (diagnoses.length > 0)
        throw new DavyError('reset_unverified', `after the reset: ${describeDiagnoses(diagnoses)}`);
    },
    putBack: (path) => putBack(path, options),
    markForDeletion: (path) => markForDeletion(path, options),
    delete: (path) => deleteMarked(path, options),
  };
}

function isMiner({ environment }: Stack, component: string): boolean {
  return componentsOf(environment).some(({ name, role }) => name === component && role === 'miner');
}

async function configureAll(stack: Stack): Promise<void> {
  for (const member of daemonsOf(stack)) await daemonKind(member).configure(member);
  const pool = poolMember(stack);
  await poolKind(pool).configure(pool);
  for (const member of minerMembers(stack)) await minerKind(member).configure(member);
}

/** A crash leaves fewer blocks than were wanted, never none that count: only the missing ones are made. */
async function fund(stack: Stack): Promise<number> {
  const wallet = await openWallet(stack);
  const { height } = await wallet.checkpoint();
  if (height >= INITIAL_BLOCKS) return height;
  const funded = await wallet.generate(INITIAL_BLOCKS - height);
  await wallet.checkpoint();
  return funded;
}
