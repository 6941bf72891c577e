import { describe, expect, test } from 'vitest';
import { diagnose } from '../../core/diagnosis.ts';
import { CLOSING_WORDS, ESCALATION_REASONS } from '../../core/escalation.ts';
import { gravityOf, rootCauses } from '../../core/root-causes.ts';
import type { RecoveryOutcome } from '../../core/run.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import { planFor } from '../../core/strategies/index.ts';
import { down, stackWith, type Trouble } from './fixtures/observation.ts';
import { linear } from './fixtures/pipelines.ts';
import { environmentWith } from './fixtures/situation.ts';
import { Walk } from './fixtures/walk.ts';

/** What becomes of a stack that stays as broken as this, on a clock that stands still but for the delays. */
function courseOf(
  trouble: Trouble,
  crashes = 0,
): { attemptsAtSeconds: number[]; reason: string | undefined } {
  const walk = new Walk(linear).breakDown();
  const attemptsAtSeconds: number[] = [];
  let clockSeconds = 0;
  while (walk.state.work?.kind === 'recovery') {
    clockSeconds += walk.state.work.delaySeconds;
    attemptsAtSeconds.push(clockSeconds);
    walk.send({ type: 'recovery_finished', outcome: inVain(trouble, crashes) });
  }
  return { attemptsAtSeconds, reason: walk.written('incident_escalated')[0]?.escalation.reason };
}

/** An attempt none of whose repairs helps. */
function inVain(trouble: Trouble, crashes: number): RecoveryOutcome {
  const observation = stackWith(trouble);
  const causes = rootCauses(diagnose(observation), observation);
  const [diagnosis] = causes;
  if (!diagnosis) throw new Error('nothing is broken');
  const environment = environmentWith();
  const { plan } = planFor({ diagnosis, observation, environment, settings: DEFAULT_SETTINGS, crashes });
  if (plan.kind === 'hopeless') return { kind: 'hopeless', escalation: plan.escalation };
  const gravity = gravityOf(causes);
  return { kind: 'failed', reason: diagnosis.failure, ...(gravity && { gravity }) };
}

const killed = down(null, 'SIGKILL');
const EVERY_DELAY = [0, 10, 40, 100];
const AT_ONCE = [0];

describe('the five reasons', () => {
  const COURSES: [string, string, Trouble, number, number[]][] = [
    ['attempts_exhausted', 'a pool that does not start', { pool: down(1) }, 0, EVERY_DELAY],
    ['attempts_exhausted', 'three crashes', { pool: killed }, 3, EVERY_DELAY],
    ['crash_loop', 'the fourth crash', { pool: killed }, 4, AT_ONCE],
    ['cascading_failure', 'two that are gone', { pool: killed, miner: killed }, 0, EVERY_DELAY],
    [
      'critical_error',
      'a corrupt chain that no reindex and no reset restores',
      { daemon: { ...down(1), startFailure: { cause: 'data_corrupt', line: 'Corrupted block database' } } },
      0,
      EVERY_DELAY,
    ],
    ['critical_error', 'lost blocks', { daemon: { knownHeight: 200 } }, 0, EVERY_DELAY],
    [
      'critical_error',
      'a pool that the daemon cannot serve',
      { daemon: { template: { kind: 'error', code: -8, detail: '-8' } } },
      0,
      AT_ONCE,
    ],
    ['critical_error', 'a login that nobody knows', { miner: { connection: 'unauthorized' } }, 0, AT_ONCE],
    [
      'resource_exhausted',
      'a full disk',
      { resources: { diskFreeBytes: 999_999_999 }, pool: killed },
      4,
      AT_ONCE,
    ],
    ['resource_exhausted', 'a full memory', { resources: { memoryUsedRatio: 0.901 } }, 0, AT_ONCE],
    ['resource_exhausted', 'no descriptors', { resources: { descriptorsUsedRatio: 0.801 } }, 0, AT_ONCE],
  ];

  test.each(COURSES)('%s: %s', (reason, _, trouble, crashes, attemptsAtSeconds) => {
    expect(courseOf(trouble, crashes)).toEqual({ attemptsAtSeconds, reason });
  });

  test('are all of them', () => {
    expect([...new Set(COURSES.map(([reason]) => reason))].sort()).toEqual([...ESCALATION_REASONS].sort());
  });

  test('are none of the words with which an incident closes and nobody is called', () => {
    expect(CLOSING_WORDS.filter((word) => (ESCALATION_REASONS as readonly string[]).includes(word))).toEqual(
      [],
    );
  });
});
