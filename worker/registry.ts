import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from '../core/environment.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Claimant, takeOverLeases } from '../db/claims.ts';
import type { Database } from '../db/connection.ts';
import {
  markServed,
  moveState,
  registerEnvironment,
  registerHost,
  stateDirectoryOf,
} from '../db/environments.ts';
import type { Stack } from './components/stack.ts';
import { withDeadline } from './host/deadline.ts';
import { acquireFence, type Fence } from './host/fence.ts';
import { openRoots, type Reading, readBelow, type Tell } from './roots.ts';

export interface RegistryOptions {
  database: Database;
  workerId: string;
  host: string;
  roots: string[];
  environmentFile: string;
  /** Absolute. */
  dataDir: string;
  /** An environment has become ours, and what an earlier worker had claimed there is free. */
  onTaken: () => Promise<void>;
  /** The fence of an environment was taken from us: stop acting there at once. */
  onLost: (environmentId: string) => void;
  /** Whether something is under way there at this moment. */
  isAtWork: (environmentId: string) => boolean;
  log: Log;
}

/** The stacks of this host that this worker, and no other, may act on. */
export interface Registry {
  claimant(): Claimant;
  stack(environmentId: string): Stack | undefined;
  stacks(): Stack[];
  /** Where a worker of this data directory keeps the state of an environment of that name. */
  stateDirectoryOf(name: string): string;
  /** Looks for environments, registers them, takes the fences of new ones, and leaves those that are gone. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

interface Fenced {
  stack: Stack;
  fence: Fence;
  /** What the worker before us had claimed is free. */
  adopted: boolean;
  /** It is gone from its folder: nothing begins there any more, and what is under way ends. */
  leaving: boolean;
}

export function openRegistry(options: RegistryOptions): Registry {
  const fenced = new Map<string, Fenced>();
  const told = new Set<string>();
  const tellOnce = (message: string, data: Record<string, unknown>) => {
    const key = JSON.stringify([message, data]);
    if (!told.has(key)) options.log('warn', message, data);
    told.add(key);
  };
  const look = openRoots(options.roots, (root) => readBelow(root, options.environmentFile, tellOnce), {
    tell: tellOnce,
  });
  let lead: Fence | null = null;
  /** Calls go to a host: workers with one part of its environments each would take each other's. */
  const leads = async (): Promise<boolean> => {
    if (lead) return true;
    await mkdir(options.dataDir, { recursive: true });
    lead = await acquireFence(join(options.dataDir, `${options.host}.lock`));
    void lead?.lost.then(() => {
      lead = null;
    });
    return lead !== null;
  };
  const served = (): Fenced[] => [...fenced.values()].filter(({ leaving }) => !leaving);
  const stacks = (): Stack[] => served().map(({ stack }) => stack);
  const claimant = (): Claimant => {
    const environmentIds = stacks().map(({ environmentId }) => environmentId);
    return { workerId: options.workerId, host: options.host, environmentIds };
  };
  const fileOf = ({ directory }: Stack): string => join(directory, options.environmentFile);
  /** The fence of one that is gone would also keep us from the one that has come into its folder. */
  const leaveGone = async (
    readings: readonly Reading[],
    isKnown: (folder: string) => boolean,
  ): Promise<void> => {
    for (const own of fenced.values()) {
      own.leaving = isKnown(own.stack.directory) && (await isGone(own.stack, fileOf(own.stack), readings));
      const { environmentId, environment } = own.stack;
      if (!own.leaving || options.isAtWork(environmentId)) continue;
      fenced.delete(environmentId);
      await own.fence.release();
      options.log('warn', 'an environment is gone from its folder; nothing is done there any more', {
        environment: environment.name,
        file: fileOf(own.stack),
      });
    }
  };
  return {
    claimant,
    stateDirectoryOf: (name) => stateDirectoryIn(options.dataDir, name),
    stack: (environmentId) => stacks().find((stack) => stack.environmentId === environmentId),
    stacks,
    async refresh() {
      const { roots, readings, isKnown } = await look();
      const isLeading = await leads();
      // The sign of life of a host is that of the worker that acts on it.
      if (isLeading)
        await registerHost(options.database, { name: options.host, workerId: options.workerId, roots });
      await leaveGone(readings, isKnown);
      // Whoever was there first keeps the name.
      const names = new Map(stacks().map((stack) => [stack.environment.name, fileOf(stack)]));
      for (const { file, environment } of readings) {
        if (!environment) continue;
        const namesake = names.get(environment.name) ?? file;
        if (namesake !== file) {
          tellOnce('two environments have the same name; the second is left out', { file, namesake });
          continue;
        }
        names.set(environment.name, file);
        const stack = await register(file, environment, options);
        const known = fenced.get(stack.environmentId);
        if (known) known.stack = { ...stack, stateDirectory: known.stack.stateDirectory };
        else if (!isLeading) tellToWait(stack, tellOnce);
        else
          await takeFence(stack, options, fenced, tellOnce).catch((error: unknown) => {
            // Of this environment alone: the others are taken all the same.
            const data = { environment: environment.name, reason: messageOf(error) };
            tellOnce('an environment cannot be taken; it is tried again', data);
          });
        // The database may have been away in the moment in which the fence was taken.
        const own = fenced.get(stack.environmentId);
        if (own && !own.adopted) await adopt(own, options, claimant());
      }
      await markServed(options.database, claimant().environmentIds);
    },
    async close() {
      await Promise.all([...fenced.values()].map(({ fence }) => fence.release()));
      fenced.clear();
      await lead?.release();
    },
  };
}

/** Where the file is, but cannot be read or is invalid, the last good one holds. */
async function isGone({ environment }: Stack, file: string, readings: readonly Reading[]): Promise<boolean> {
  const now = readings.find((reading) => reading.file === file);
  if (now) return now.environment !== null && now.environment.name !== environment.name;
  // It is not found either where a folder cannot be listed, as for want of descriptors.
  return await withDeadline(isAbsent(file), ABSENT_MS, file).catch(() => false);
}

const ABSENT_MS = 2_000;

async function isAbsent(file: string): Promise<boolean> {
  return await stat(file).then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ENOENT' || code === 'ENOTDIR',
  );
}

async function register(file: string, environment: Environment, options: RegistryOptions): Promise<Stack> {
  const directory = dirname(file);
  const registered = await registerEnvironment(options.database, {
    host: options.host,
    workingDirectory: directory,
    definition: environment,
  });
  const stateDirectory = stateDirectoryIn(options.dataDir, environment.name);
  return { environmentId: registered.id, environment, directory, stateDirectory };
}

function stateDirectoryIn(dataDir: string, name: string): string {
  return join(dataDir, 'environments', name);
}

function tellToWait({ environment }: Stack, tell: Tell): void {
  tell('another worker acts on this environment; waiting for it to end', { environment: environment.name });
}

/**
 * A stack with its state where it began: a worker with another data directory finds what its predecessors had under
 * way there. Where that folder is gone, it is kept in ours from now on.
 */
async function whereItBegan(stack: Stack, { database }: RegistryOptions, tell: Tell): Promise<Stack> {
  const { environmentId, environment, stateDirectory: ours } = stack;
  const kept = await stateDirectoryOf(database, environmentId, ours);
  if (kept === ours) return stack;
  if (await withDeadline(isAbsent(kept), ABSENT_MS, kept)) {
    await moveState(database, environmentId, ours);
    return stack;
  }
  tell('the state of this environment stays where another data directory has it', {
    environment: environment.name,
    folder: kept,
  });
  return { ...stack, stateDirectory: kept };
}

async function takeFence(
  found: Stack,
  options: RegistryOptions,
  fenced: Map<string, Fenced>,
  tell: Tell,
): Promise<void> {
  const stack = await whereItBegan(found, options, tell);
  await mkdir(stack.stateDirectory, { recursive: true });
  // The folder too: a worker with another data directory acts on the same stack.
  const fence = await acquireFence(join(stack.stateDirectory, 'worker.lock'), stack.directory);
  if (!fence) return tellToWait(stack, tell);
  fenced.set(stack.environmentId, { stack, fence, adopted: false, leaving: false });
  void fence.lost.then(() => {
    fenced.delete(stack.environmentId);
    options.onLost(stack.environmentId);
  });
}

/** Whoever holds the fence knows that no other worker acts here: what a dead one had claimed is free. */
async function adopt(fenced: Fenced, options: RegistryOptions, claimant: Claimant): Promise<void> {
  const { environmentId, environment } = fenced.stack;
  const taken = await takeOverLeases(options.database, { ...claimant, environmentIds: [environmentId] });
  fenced.adopted = true;
  options.log('info', 'environment taken', { environment: environment.name, adoptedRuns: taken });
  await options.onTaken();
}
