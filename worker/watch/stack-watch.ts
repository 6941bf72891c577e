import { componentsOf } from '../../core/component.ts';
import { diagnose } from '../../core/diagnosis.ts';
import { messageOf } from '../../core/errors.ts';
import type { Diagnosis } from '../../core/failure.ts';
import { healthOf } from '../../core/health.ts';
import { mainDaemon, type Observation } from '../../core/observation.ts';
import type { Sighting } from '../../db/changes.ts';
import { componentRecords } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { environmentMode } from '../../db/maintenance.ts';
import { noteRecovered } from '../../db/notices.ts';
import { hasActiveRun, readRunStatus } from '../../db/runs.ts';
import { openCheckpoints } from '../components/checkpoint.ts';
import type { Stack } from '../components/stack.ts';
import { observe } from '../observe.ts';
import type { WatchOptions } from '../watch.ts';
import { openConfirmation } from './confirmation.ts';
import type { Trouble } from './heartbeat.ts';
import { openProbes } from './probes.ts';
import { startRecovery } from './recovery-run.ts';

/** The watch over one stack. */
export interface StackWatch {
  /** Looks, if it is time. */
  turn(): Promise<void>;
  wake(): void;
  close(): void;
}

/** While a run is at work, it is asked this often whether it still is. */
const BUSY_MS = 250;
/** What is not confirmed yet is looked at again so soon. */
const CONFIRM_LOOK_MS = 500;

export function openStackWatch(environmentId: string, options: WatchOptions): StackWatch {
  const { database, registry, log } = options;
  const checkpoints = openCheckpoints();
  const confirmation = openConfirmation();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let lastHealthyAt = performance.now();
  let alarmed = true;
  let looking: Promise<void> | null = null;
  let busyUntil = 0;
  let wasActive = false;
  /** What a recovery was started for last, and which run that was. */
  let tried: { signature: string; runId: string } | null = null;

  const probes = openProbes(() => {
    alarmed = true;
    void turn().catch((error: unknown) => {
      log('warn', 'the watch could not look', { reason: messageOf(error) });
    });
  });

  const turn = async (): Promise<void> => {
    if (looking) return await looking;
    looking = look()
      .catch((error: unknown) => {
        alarmed = true;
        throw error;
      })
      .finally(() => {
        looking = null;
      });
    await looking;
  };

  const look = async (): Promise<void> => {
    const stack = registry.stack(environmentId);
    if (!stack || performance.now() < busyUntil) return;
    const { detectionIntervalSeconds, autoRecoveryEnabled } = await options.settings.current();
    const due = performance.now() - lookedAt > detectionIntervalSeconds * 1000;
    if (!due && !alarmed) return;
    const startedAt = performance.now();
    // What alarms from here on, this look may have missed: it calls for the next one.
    alarmed = false;
    // An alarm must not wait for the database: what it may show is looked at meanwhile.
    const seeing = wasActive ? null : observe(stack, database);
    seeing?.catch(() => {});
    const [records, active, { maintenance }] = await Promise.all([
      componentRecords(database, environmentId, componentsOf(stack.environment)),
      hasActiveRun(database, environmentId),
      environmentMode(database, environmentId),
    ]);
    wasActive = active;
    const wanted = [...records].filter(([, { desired }]) => desired === 'running').map(([name]) => name);
    probes.setTargets(stack, new Set(wanted));
    // A run that is at work looks for itself, and what it stops on purpose is no fault.
    if (active) {
      busyUntil = performance.now() + BUSY_MS;
      alarmed = true;
      return;
    }
    lookedAt = startedAt;
    if (wanted.length === 0) return;
    const observation = await (seeing ?? observe(stack, database));
    const diagnoses = diagnose(observation);
    const isConfirmed = confirmation.isConfirmed(diagnoses, probes.troubles());
    keepHealth(observation, detectionIntervalSeconds);
    if (diagnoses.length === 0) {
      lastHealthyAt = startedAt;
      tried = null;
      await afterGoodLook(stack, observation);
      return;
    }
    if (maintenance !== null) {
      tried = null;
      return;
    }
    if (!isConfirmed) {
      lookAgainSoon();
      return;
    }
    const signature = signatureOf(diagnoses);
    if (tried?.signature === signature && !(await healed(tried.runId))) return;
    log('warn', 'the watch found a fault', { environment: stack.environment.name, diagnoses });
    if (!autoRecoveryEnabled) return;
    const runId = await startRecovery(
      { stack, observation, diagnoses, sighting: sightingOf(diagnoses) },
      options,
    );
    if (runId !== null) tried = { signature, runId };
    else alarmed = true;
  };

  const lookAgainSoon = (): void => {
    setTimeout(() => {
      alarmed = true;
    }, CONFIRM_LOOK_MS).unref();
  };

  /** For those who ask how the stack is; a repair does not wait for it. */
  const keepHealth = (observation: Observation, lookEverySeconds: number): void => {
    recordHealth(database, environmentId, healthOf(observation), { lookEverySeconds }).catch(
      (error: unknown) => {
        log('warn', 'the health of a stack could not be recorded', { reason: messageOf(error) });
      },
    );
  };

  /** What was escalated before is over, and what the daemon holds in memory alone is worth keeping. */
  const afterGoodLook = async (stack: Stack, observation: Observation): Promise<void> => {
    await noteRecovered(database, environmentId);
    const { rpc } = mainDaemon(observation);
    // It takes the daemon seconds at worst: the next look must not wait for it.
    if (rpc?.kind === 'ok') void checkpoints.offer(stack, rpc.height);
  };

  const healed = async (runId: string): Promise<boolean> =>
    (await readRunStatus(database, runId)) === 'succeeded';

  /** By the sign that came first; a fault that showed no sign happened somewhere since the last good look. */
  const sightingOf = (diagnoses: readonly Diagnosis[]): Sighting => {
    const now = performance.now();
    const troubles = probes.troubles();
    const first: Trouble | undefined = diagnoses
      .flatMap(({ component }) => troubles.get(component) ?? [])
      .sort((one, other) => one.noticedAt - other.noticedAt)[0];
    return first
      ? { detectedMsAgo: now - first.noticedAt, occurredMsAgo: now - first.lastGoodAt }
      : { detectedMsAgo: 0, occurredMsAgo: now - lastHealthyAt };
  };

  return {
    turn,
    wake() {
      busyUntil = 0;
      alarmed = true;
    },
    close: () => probes.close(),
  };
}

function signatureOf(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(({ component, failure }) => `${component}:${failure}`).join(' ');
}
