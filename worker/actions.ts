import type { MinerSpec } from '../core/environment.ts';
import { messageOf } from '../core/errors.ts';
import type { Action, ActionType } from '../core/strategy.ts';
import { connectPeers } from './components/daemons.ts';
import { daemonKind, minerKind, poolKind } from './components/index.ts';
import { chooseAlternative } from './components/miner-choice.ts';
import { bootPool } from './components/payout.ts';
import { switchReach } from './components/pool-reach.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  peerMembers,
  poolMember,
  type Stack,
} from './components/stack.ts';
import { clearStaleLocks } from './components/stale-locks.ts';
import { openWallet } from './components/wallet.ts';
import { memberNamed } from './observe.ts';
import { isResourceExhaustion } from './resource-exhaustion.ts';

/** Carries out one action and says what came of it. */
type ActionExecutor<Type extends ActionType> = (
  stack: Stack,
  action: Extract<Action, { type: Type }>,
) => Promise<string>;

/** Each action has one executor: an action without one does not compile. */
const EXECUTORS: { readonly [Type in ActionType]: ActionExecutor<Type> } = {
  start: (stack, { component, reindex }) =>
    withComponent(stack, component, async (controls) => await controls.start({ reindex })),
  stop: (stack, { component, force }) =>
    withComponent(stack, component, async (controls) => await controls.stop({ force })),
  clear_stale_locks: async (stack, { component }) => {
    const member = memberNamed(stack, component);
    return member ? await clearStaleLocks(member) : noSuch(component);
  },
  connect_peers: (stack) => connectPeers(stack),
  set_aside_settings: async (stack, { component }) => {
    const daemon = [daemonMember(stack), ...peerMembers(stack)].find(({ ref }) => ref.name === component);
    return daemon ? await daemonKind(daemon).setAsideSettings(daemon) : noSuch(component);
  },
  move_stratum_port: async (stack, { port }) => {
    const pool = poolMember(stack);
    const { file, change } = await poolKind(pool).movePort(pool, port);
    return change === 'unchanged' ? `${file} already says ${port}` : `${file} now says ${port}`;
  },
  align_credentials: async (stack) => {
    const pool = poolMember(stack);
    const { file, keys } = await poolKind(pool).alignCredentials(pool);
    return keys.length === 0 ? `${file} was right already` : `${file}: ${keys.join(', ')} corrected`;
  },
  align_login: async (stack, { component }) => {
    const member = minerNamed(stack, component);
    if (!member) return noSuch(component);
    const change = await minerKind(member).alignLogin?.(member);
    if (!change) return 'its configuration is not ours to write';
    return change.keys.length === 0
      ? `${change.file} was right already`
      : `${change.file}: ${change.keys.join(', ')} corrected`;
  },
  switch_miner: switchMiner,
  switch_reach: (stack) => switchReach(poolMember(stack)),
  redirect_miners: redirectMiners,
  mine_block: async (stack) => {
    const wallet = await openWallet(stack);
    return `the chain ends at height ${await wallet.generate(1)} now`;
  },
  wait: async () => 'waiting until it mends itself',
};

/** Carries out an action by its type. */
export async function perform(stack: Stack, action: Action): Promise<string> {
  const execute = EXECUTORS[action.type] as (stack: Stack, action: Action) => Promise<string>;
  return await execute(stack, action);
}

interface Controls {
  start(options: { reindex: boolean }): Promise<string>;
  stop(options: { force: boolean }): Promise<string>;
}

async function withComponent(
  stack: Stack,
  name: string,
  use: (controls: Controls) => Promise<string>,
): Promise<string> {
  const controls = controlsOf(stack, name);
  return controls ? await use(controls) : noSuch(name);
}

function controlsOf(stack: Stack, name: string): Controls | null {
  const daemon = [daemonMember(stack), ...peerMembers(stack)].find(({ ref }) => ref.name === name);
  if (daemon) return controls(daemonKind(daemon), daemon);
  const pool = poolMember(stack);
  if (pool.ref.name === name)
    return { ...controls(poolKind(pool), pool), start: async () => (await bootPool(stack)).started };
  const miner = minerNamed(stack, name);
  return miner ? controls(minerKind(miner), miner) : null;
}

function minerNamed(stack: Stack, name: string): Member<MinerSpec> | undefined {
  return minerMembers(stack).find(({ ref }) => ref.name === name);
}

function controls<Member>(
  kind: {
    start(member: Member, options: { reindex: boolean }): Promise<string>;
    stop(member: Member, options: { force: boolean }): Promise<string>;
  },
  member: Member,
): Controls {
  return { start: (options) => kind.start(member, options), stop: (options) => kind.stop(member, options) };
}

function noSuch(component: string): string {
  return `the environment has no component called ${component}`;
}

/** Ends a miner and starts its alternative under the same name, which is remembered from then on. */
async function switchMiner(stack: Stack, { component }: { component: string }): Promise<string> {
  const first = minerNamed(stack, component);
  if (!first) return noSuch(component);
  const stopped = await minerKind(first).stop(first, { force: false });
  await chooseAlternative(stack.stateDirectory, component);
  const alternative = minerNamed(stack, component) ?? first;
  const kind = minerKind(alternative);
  await kind.configure(alternative);
  await clearStaleLocks(alternative);
  const started = await kind.start(alternative, { reindex: false });
  return `${stopped}; its alternative (${alternative.ref.kind}) is in its place: ${started}`;
}

/**
 * Miners whose configuration had to change are started anew, if they run: they read it only at their start. One that
 * cannot be redirected keeps no other from it.
 */
async function redirectMiners(stack: Stack): Promise<string> {
  const redirected: string[] = [];
  const failures: string[] = [];
  for (const member of minerMembers(stack))
    try {
      if (await redirect(member)) redirected.push(member.ref.name);
    } catch (error) {
      if (isResourceExhaustion(error)) throw error;
      failures.push(`${member.ref.name} failed: ${messageOf(error)}`);
    }
  if (redirected.length === 0 && failures.length === 0) return 'every miner points at the pool already';
  return [...(redirected.length > 0 ? [`redirected: ${redirected.join(', ')}`] : []), ...failures].join('; ');
}

/** Whether its configuration had to change. */
async function redirect(member: Member<MinerSpec>): Promise<boolean> {
  const kind = minerKind(member);
  if ((await kind.programs(member)).some(({ path }) => path === null)) return false;
  const changes = await kind.configure(member);
  if (changes.every(({ change }) => change !== 'adjusted')) return false;
  const { process } = await kind.observe(member);
  if (process.state === 'down') return true;
  await kind.stop(member, { force: false });
  await kind.start(member, { reindex: false });
  return true;
}
