import { describe, expect, test } from 'vitest';
import type { Diagnosis, FailureType } from '../../../core/failure.ts';
import { parseSettings } from '../../../core/settings.ts';
import { heldBy, stackWith } from '../fixtures/observation.ts';
import { type Circumstances, environmentWith, planFor, rungsOf } from '../fixtures/situation.ts';

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const START = 'clear_stale_locks daemon, start daemon, connect_peers daemon';
const REINDEX = 'stop daemon, start daemon (reindex), connect_peers daemon';
const RESTART = 'stop daemon, start daemon, connect_peers daemon';
const POOL = 'stop pool, clear_stale_locks pool, start pool, redirect_miners';
const MINER = 'stop miner-1, clear_stale_locks miner-1, redirect_miners, start miner-1';
const moved = (port: number) =>
  `stop pool, clear_stale_locks pool, move_stratum_port pool to ${port}, start pool, redirect_miners`;

const environment = environmentWith({ daemon: { credentials: { username: 'lab', password: 'x' } } });
const alternative = { environment: environmentWith({ miners: [{ alternative: { kind: 'lab-miner' } }] }) };
const killed = (signal: string | null) => {
  const exit = { exitCode: signal === null ? 0 : null, signal, at: '2026-01-01T00:00:00.000Z' };
  return { observation: stackWith({ daemon: { process: { state: 'down', exit, crash: null } } }) };
};
const ports = (...holders: ('foreign' | 'nobody')[]) => ({
  observation: stackWith({
    pool: { alternatives: holders.map((holder, index) => heldBy(index === 0 ? 13_333 : 23_333, holder)) },
  }),
});

/** Whose failure it is, which, under which circumstances, who plans, and the rungs. */
const PLANS: [Diagnosis['role'], FailureType, string, Circumstances, string, string[]][] = [
  ['daemon', 'process_down', '', {}, 'daemon-crash', times(3, START)],
  [
    'daemon',
    'process_down',
    'killed without a peer that has its blocks',
    killed('SIGKILL'),
    'daemon-crash',
    times(3, START.replace('start daemon', 'start daemon (reindex)')),
  ],
  ['daemon', 'process_down', 'ended well', killed(null), 'daemon-crash', times(3, START)],
  [
    'daemon',
    'process_down',
    'killed beside a peer',
    { ...killed('SIGKILL'), environment: environmentWith({ peers: [{ rpcPort: 18_453, p2pPort: 18_454 }] }) },
    'daemon-crash',
    times(3, START),
  ],
  ['daemon', 'stale_lock', '', {}, 'stale-lock', [START]],
  ['daemon', 'no_peers', '', {}, 'daemon-crash', times(3, 'connect_peers daemon')],
  ['daemon', 'data_corrupt', '', {}, 'daemon-crash', times(3, REINDEX)],
  ['daemon', 'chain_rolled_back', '', {}, 'daemon-crash', times(3, REINDEX)],
  ['daemon', 'warming_up', 'never restarted', {}, 'rpc-failure', times(5, 'wait daemon')],
  ['daemon', 'rpc_refused', 'patience first', {}, 'rpc-failure', ['wait daemon', ...times(4, RESTART)]],
  [
    'daemon',
    'rpc_timeout',
    'TERM would stay pending',
    {},
    'rpc-failure',
    times(5, RESTART.replace('stop', 'stop!')),
  ],
  ['daemon', 'rpc_unauthorized', 'its own file', {}, 'rpc-failure', [RESTART]],
  ['daemon', 'rpc_unauthorized', 'named in davy.json', { environment }, 'rpc-failure', []],
  ['pool', 'process_down', '', {}, 'pool-disconnection', times(3, POOL)],
  ['pool', 'stale_lock', '', {}, 'stale-lock', [POOL.replace('stop pool, ', '')]],
  ['pool', 'daemon_lost', '', {}, 'pool-disconnection', times(3, POOL)],
  ['pool', 'stratum_deaf', '', {}, 'pool-disconnection', times(3, POOL.replace('stop', 'stop!'))],
  ['pool', 'stratum_not_listening', '', {}, 'pool-disconnection', [POOL, moved(13_333), moved(23_333)]],
  ['pool', 'stratum_unreachable', '', {}, 'pool-disconnection', [POOL, moved(13_333), moved(23_333)]],
  ['pool', 'stratum_port_conflict', '', {}, 'pool-disconnection', [moved(13_333), moved(23_333)]],
  [
    'pool',
    'stratum_port_conflict',
    'one more port taken',
    ports('foreign', 'nobody'),
    'pool-disconnection',
    [moved(23_333)],
  ],
  ['pool', 'stratum_port_conflict', 'all ports taken', ports('foreign', 'foreign'), 'pool-disconnection', []],
  [
    'pool',
    'stratum_not_listening',
    'all ports taken',
    ports('foreign', 'foreign'),
    'pool-disconnection',
    [POOL],
  ],
  [
    'pool',
    'rpc_unauthorized',
    '',
    {},
    'pool-disconnection',
    [POOL.replace('start', 'align_credentials pool, start')],
  ],
  ['pool', 'stale_work', 'patience first', {}, 'pool-disconnection', ['wait pool', POOL, POOL]],
  ['miner', 'process_down', '', {}, 'miner-error', times(3, MINER)],
  ['miner', 'pool_unreachable', 'patience first', {}, 'miner-error', ['redirect_miners', MINER, MINER]],
  ['miner', 'high_rejects', 'patience first', {}, 'miner-error', ['wait miner-1', MINER, MINER]],
  [
    'miner',
    'unauthorized',
    'its file says another login',
    { observation: stackWith({ miner: { loginMatches: false } }) },
    'miner-error',
    ['stop miner-1, align_login miner-1, start miner-1'],
  ],
  ['miner', 'unauthorized', 'davy.json is wrong', {}, 'miner-error', []],
  [
    'miner',
    'process_down',
    'with an alternative',
    alternative,
    'miner-error',
    [...times(3, MINER), 'switch_miner miner-1'],
  ],
  [
    'miner',
    'process_down',
    'the alternative itself',
    { ...alternative, observation: stackWith({ miner: { alternative: true } }) },
    'miner-error',
    times(3, MINER),
  ],
  ['miner', 'stale_lock', '', {}, 'stale-lock', ['clear_stale_locks miner-1, start miner-1']],
  ['miner', 'no_shares', 'it may be frozen', {}, 'miner-error', times(3, MINER.replace('stop', 'stop!'))],
];

describe('the ladder', () => {
  test.each(PLANS)('%s: %s %s', (role, failure, _, circumstances, strategy, rungs) => {
    const plan = planFor(role, failure, circumstances);
    expect([plan.strategy, rungsOf(plan)]).toEqual([strategy, rungs]);
  });

  test('credentials that davy.json names are for a person to correct', () => {
    expect(planFor('daemon', 'rpc_unauthorized', { environment })).toMatchObject({
      kind: 'hopeless',
      escalation: {
        reason: 'critical_error',
        detail: expect.stringContaining('daemon.credentials in davy.json'),
      },
    });
  });

  test.each([1, 2, 20])('is no longer than the settings allow: %i', (maxAttempts) => {
    const tries = { maxAttempts };
    const parsed = parseSettings({
      strategies: {
        daemonCrash: tries,
        rpcFailure: tries,
        poolDisconnection: tries,
        minerError: tries,
        staleLock: tries,
      },
    });
    if (!parsed.ok) throw new Error('bad settings');
    for (const [role, failure] of PLANS) {
      const plan = planFor(role, failure, { settings: parsed.settings });
      if (plan.kind === 'hopeless') continue;
      const rungs = rungsOf(plan);
      expect(rungs.length).toBeLessThanOrEqual(maxAttempts);
      expect(rungs.length).toBeGreaterThan(0);
    }
  });

  test('a proof takes as long as the component may take to start, a reindex two minutes at least', () => {
    const seconds = (role: Diagnosis['role'], failure: FailureType, startTimeoutSeconds: number) => {
      const limits = { startTimeoutSeconds };
      const plan = planFor(role, failure, { environment: environmentWith({ daemon: limits, pool: limits }) });
      return plan.kind === 'ladder' ? plan.rungs.map(({ verifySeconds }) => verifySeconds) : [];
    };
    expect(seconds('daemon', 'process_down', 7)).toEqual([7, 7, 7]);
    expect(seconds('pool', 'process_down', 8)).toEqual([8, 8, 8]);
    expect(seconds('daemon', 'data_corrupt', 7)).toEqual([120, 120, 120]);
    expect(seconds('daemon', 'data_corrupt', 300)).toEqual([300, 300, 300]);
    expect(seconds('pool', 'stale_work', 8)).toEqual([2, 8, 8]);
  });

  test('who is busy is waited for, and then asked to end: only who does nothing is killed', () => {
    const busy = stackWith({
      daemon: { busy: 'it uses 100 % of a processor' },
      pool: { busy: 'it waits for the disk' },
    });
    expect(rungsOf(planFor('daemon', 'rpc_timeout', { observation: busy }))).toEqual([
      'wait daemon',
      ...times(2, RESTART),
    ]);
    expect(rungsOf(planFor('pool', 'stratum_deaf', { observation: busy }))).toEqual([
      'wait pool',
      ...times(2, POOL),
    ]);
    const full = stackWith({ daemon: { rpc: { kind: 'work_queue_full', detail: 'HTTP 503' } } });
    expect(rungsOf(planFor('daemon', 'rpc_timeout', { observation: full }))).toEqual([
      'wait daemon',
      ...times(2, RESTART.replace('stop', 'stop!')),
    ]);
  });

  test('one restart for a daemon that gives no work, then a person and its own words', () => {
    const planned = (code: number | null) =>
      planFor('daemon', 'unknown', {
        observation: stackWith({ daemon: { template: { kind: 'error', code, detail: 'it was said' } } }),
      });
    expect(rungsOf(planned(-1))).toEqual(['wait daemon', RESTART]);
    expect(planned(-1)).toMatchObject({
      rungs: [{ verifySeconds: 2 }, {}],
      otherwise: { reason: 'critical_error', detail: expect.stringContaining('it was seen') },
    });
    expect(planned(null)).toMatchObject({ rungs: [{ verifySeconds: 60 }, {}] });
  });

  test('an old tip is mended with a block where blocks are made, and waited for where they are fetched', () => {
    const template = { kind: 'error', code: -10, detail: 'in initial sync' } as const;
    const old = stackWith({ daemon: { template } });
    expect(rungsOf(planFor('daemon', 'warming_up', { observation: old }))).toEqual([
      'wait daemon',
      'mine_block daemon',
      'wait daemon',
    ]);
    const rpc = { kind: 'ok', height: 5, headers: 40, tip: '', chain: 'regtest', peers: 1 } as const;
    const fetching = { observation: stackWith({ daemon: { template, rpc } }) };
    const real = { observation: old, environment: environmentWith({ network: 'testnet', manage: true }) };
    for (const circumstances of [fetching, real])
      expect(rungsOf(planFor('daemon', 'warming_up', circumstances))).toEqual(times(5, 'wait daemon'));
  });

  test('a daemon that reads its blocks anew is waited for, and begins nothing anew before that is of no use', () => {
    const rpc = { kind: 'ok', height: 0, headers: 40, tip: '', chain: 'regtest', peers: 0 } as const;
    const plan = planFor('daemon', 'chain_rolled_back', { observation: stackWith({ daemon: { rpc } }) });
    expect(rungsOf(plan)).toEqual(['wait daemon', RESTART, REINDEX]);
  });

  test('a daemon that shuts down is given the time for it, and no signal before', () => {
    const observation = stackWith({ daemon: { stopping: 'Shutdown: In progress...' } });
    const plan = planFor('daemon', 'rpc_refused', { observation });
    expect(rungsOf(plan)).toEqual(['wait daemon', ...times(4, RESTART)]);
    expect(plan).toMatchObject({ rungs: [{ verifySeconds: 60 }, {}, {}, {}, {}] });
  });
});
