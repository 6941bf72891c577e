import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { Database } from '../db/connection.ts';
import type { Engine } from './engine.ts';
import type { Registry } from './registry.ts';
import type { SettingsSource } from './settings.ts';
import { openStackWatch, type StackWatch } from './watch/stack-watch.ts';

export interface WatchOptions {
  database: Database;
  registry: Registry;
  engine: Engine;
  settings: SettingsSource;
  /** For the claims of the runs that it starts. */
  leaseSeconds: number;
  /** What is run when a stack is found broken. */
  pipeline: Pipeline;
  log: Log;
}

/** Looks after the stacks of this host, with runs or without. */
export interface Watch {
  /** Takes up new stacks, drops the ones that are gone, and begins to look where it is time. Never throws. */
  turn(): void;
  /** Something has ended that kept the watch from acting. */
  wake(): void;
  close(): void;
}

export function openWatch(
  options: WatchOptions,
  open: (environmentId: string, options: WatchOptions) => StackWatch = openStackWatch,
): Watch {
  const watched = new Map<string, StackWatch>();
  const looking = new Set<StackWatch>();
  /** One stack that hangs must not keep the watch from the others. */
  const look = async (one: StackWatch): Promise<void> => {
    if (looking.has(one)) return;
    looking.add(one);
    await one.turn().catch((error: unknown) => {
      options.log('warn', 'the watch could not look', { reason: messageOf(error) });
    });
    looking.delete(one);
  };
  const drop = (id: string) => {
    watched.get(id)?.close();
    watched.delete(id);
  };
  return {
    turn() {
      const stacks = options.registry.stacks();
      const ids = new Set(stacks.map(({ environmentId }) => environmentId));
      for (const id of watched.keys()) if (!ids.has(id)) drop(id);
      for (const { environmentId } of stacks)
        if (!watched.has(environmentId)) watched.set(environmentId, open(environmentId, options));
      for (const one of watched.values()) void look(one);
    },
    wake() {
      for (const one of watched.values()) one.wake();
    },
    close() {
      for (const id of [...watched.keys()]) drop(id);
    },
  };
}
