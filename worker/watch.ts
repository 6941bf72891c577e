import { componentsOf } from '../core/component.ts';
import { diagnose } from '../core/diagnosis.ts';
import { messageOf } from '../core/errors.ts';
import type { Diagnosis } from '../core/failure.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { recoveryPolicy } from '../core/recovery.ts';
import { startRun } from '../core/transition.ts';
import type { Database } from '../db/connection.ts';
import { componentRecords } from '../db/environments.ts';
import { newId } from '../db/id.ts';
import { hasActiveRun, insertRun } from '../db/runs.ts';
import { describeDiagnoses } from './agents/settle.ts';
import type { Stack } from './components/stack.ts';
import { vitalSign } from './components/supervised.ts';
import type { Engine } from './engine.ts';
import type { Log } from './log.ts';
import { allMembers, observe } from './observe.ts';
import type { Registry } from './registry.ts';
import type { SettingsSource } from './settings.ts';

export interface WatchOptions {
  database: Database;
  registry: Registry;
  engine: Engine;
  settings: SettingsSource;
  /** What is run when a stack is found broken. */
  pipeline: Pipeline;
  log: Log;
}

/** Looks after the stacks while no run does. */
export interface Watch {
  /** One turn: the vital signs of every stack, and a full look where one changed or it is time. Never throws. */
  turn(): Promise<void>;
}

interface Watched {
  /** The vital signs of all components, as they were at the last turn. */
  signs: string;
  lookedAt: number;
  /** What a person was already called for: not tried again until it changes or heals. */
  known: string;
}

export function openWatch(options: WatchOptions): Watch {
  const watched = new Map<string, Watched>();
  return {
    async turn() {
      for (const stack of options.registry.stacks()) {
        const state = watched.get(stack.environmentId) ?? {
          signs: '',
          lookedAt: Number.NEGATIVE_INFINITY,
          known: '',
        };
        watched.set(stack.environmentId, state);
        try {
          await watchOver(stack, state, options);
        } catch (error) {
          options.log('warn', 'the watch could not look', {
            environment: stack.environment.name,
            reason: messageOf(error),
          });
        }
      }
    },
  };
}

async function watchOver(stack: Stack, state: Watched, options: WatchOptions): Promise<void> {
  const { detectionIntervalSeconds, autoRecoveryEnabled } = await options.settings.current();
  const signs = (await Promise.all(allMembers(stack).map(vitalSign))).join(' ');
  const due = performance.now() - state.lookedAt > detectionIntervalSeconds * 1000;
  const lost = signs !== state.signs && signs.includes('lost');
  state.signs = signs;
  if (!due && !lost) return;
  state.lookedAt = performance.now();
  const records = await componentRecords(
    options.database,
    stack.environmentId,
    componentsOf(stack.environment),
  );
  if (![...records.values()].some(({ desired }) => desired === 'running')) return;
  // A run that is at work looks for itself, and what it stops on purpose is no fault.
  if (await hasActiveRun(options.database, stack.environmentId)) return;
  const diagnoses = diagnose(await observe(stack, options.database));
  const found = signatureOf(diagnoses);
  if (found === '' || found === state.known) {
    if (found === '') state.known = '';
    return;
  }
  state.known = found;
  const { log } = options;
  log('warn', 'the watch found a fault', { environment: stack.environment.name, diagnoses });
  if (autoRecoveryEnabled) await startRecovery(stack, diagnoses, options);
}

function signatureOf(diagnoses: readonly Diagnosis[]): string {
  return diagnoses.map(({ component, failure }) => `${component}:${failure}`).join(' ');
}

/** A recovery without a run gets a run of its own, so that it is followed, leased and shown like any other. */
async function startRecovery(
  stack: Stack,
  diagnoses: readonly Diagnosis[],
  options: WatchOptions,
): Promise<void> {
  const { database, pipeline, engine, settings } = options;
  const id = newId();
  const policy = recoveryPolicy(await settings.current(), true);
  const run = {
    id,
    pipeline,
    mutating: true,
    environmentId: stack.environmentId,
    host: options.registry.claimant().host,
    workingDirectory: stack.directory,
    userPrompt: `The watch found: ${describeDiagnoses(diagnoses)}`.slice(0, 4096),
    start: startRun({ pipeline, policy, newId }),
  };
  await insertRun(database, run, null);
  void engine.handle(id);
}
