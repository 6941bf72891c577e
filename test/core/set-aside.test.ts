import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../core/failure.ts';
import { nextCause, type SetAside, worstOf } from '../../core/set-aside.ts';
import { stackWith } from './fixtures/observation.ts';
import { diagnosis } from './fixtures/situation.ts';

const daemon = diagnosis('daemon', 'process_down');
const pool = diagnosis('pool', 'process_down');
const miner = diagnosis('miner', 'unauthorized');
const second: Diagnosis = { ...diagnosis('miner', 'process_down'), component: 'miner-2' };
const peer: Diagnosis = { ...diagnosis('daemon', 'bad_config'), component: 'peer-1' };

const failed = (component: string): SetAside => ({
  component,
  outcome: { kind: 'failed', reason: component },
});
const hopeless = (component: string, reason: 'critical_error' | 'crash_loop'): SetAside => ({
  component,
  outcome: { kind: 'hopeless', escalation: { reason, detail: component } },
});

const seen = stackWith();
const withPeer = {
  ...seen,
  daemons: seen.daemons.flatMap((facts) => [{ ...facts, component: 'peer-1', peer: true }, facts]),
};

describe('the cause to work on', () => {
  test.each<[string, Diagnosis[], string[], string | undefined]>([
    ['is the lowest', [daemon, pool, miner], [], 'daemon'],
    ['is none where nothing stands on solid ground', [daemon, pool, miner], ['daemon'], undefined],
    ['is no miner while the pool is set aside', [pool, miner, second], ['pool'], undefined],
    ['is the next of several that do not need each other', [miner, second], ['miner-1'], 'miner-2'],
    ['is the daemon where only its company is set aside', [peer, daemon, pool], ['peer-1'], 'daemon'],
    ['is none once each was set aside', [miner, second], ['miner-1', 'miner-2'], undefined],
    ['stands again on what was set aside and healed by itself', [miner], ['pool'], 'miner-1'],
  ])('%s', (_, causes, aside, expected) => {
    expect(nextCause(causes, aside.map(failed), withPeer)?.component).toBe(expected);
  });
});

describe('what comes of an attempt', () => {
  test('is a call for a person where one is needed, with all that is left', () => {
    const aside = [failed('pool'), hopeless('miner-1', 'crash_loop'), hopeless('miner-2', 'critical_error')];
    expect(worstOf(aside)).toEqual({
      kind: 'hopeless',
      escalation: { reason: 'crash_loop', detail: 'pool · miner-1 · miner-2' },
    });
  });

  test('else it is tried again', () => {
    expect(worstOf([failed('miner-1'), failed('miner-2')])).toEqual({
      kind: 'failed',
      reason: 'miner-1 · miner-2',
    });
  });
});
