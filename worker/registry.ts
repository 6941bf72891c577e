import { mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Environment, parseEnvironment } from '../core/environment.ts';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Claimant, takeOverLeases } from '../db/claims.ts';
import type { Database } from '../db/connection.ts';
import { registerEnvironment, registerHost } from '../db/environments.ts';
import type { Stack } from './components/stack.ts';
import { acquireFence, type Fence } from './host/fence.ts';

/** How far below a root an environment may lie. */
const DEPTH_MAX = 3;
const FOLDERS_MAX = 2_000;
const SKIPPED = new Set(['node_modules', '.git', 'proc', 'sys', 'dev']);

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
  log: Log;
}

/** The stacks of this host that this worker, and no other, may act on. */
export interface Registry {
  claimant(): Claimant;
  stack(environmentId: string): Stack | undefined;
  stacks(): Stack[];
  /** Looks for environments, registers them, and takes the fences of new ones. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

interface Fenced {
  stack: Stack;
  fence: Fence;
  /** What the worker before us had claimed is free. */
  adopted: boolean;
}

export function openRegistry(options: RegistryOptions): Registry {
  const fenced = new Map<string, Fenced>();
  const told = new Set<string>();
  const tellOnce = (message: string, data: Record<string, unknown>) => {
    const key = JSON.stringify([message, data]);
    if (!told.has(key)) options.log('warn', message, data);
    told.add(key);
  };
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
  const claimant = (): Claimant => {
    return { workerId: options.workerId, host: options.host, environmentIds: [...fenced.keys()] };
  };
  return {
    claimant,
    stack: (environmentId) => fenced.get(environmentId)?.stack,
    stacks: () => [...fenced.values()].map(({ stack }) => stack),
    async refresh() {
      const roots = await realRoots(options.roots);
      const isLeading = await leads();
      // The sign of life of a host is that of the worker that acts on it.
      if (isLeading)
        await registerHost(options.database, { name: options.host, workerId: options.workerId, roots });
      const names = new Map<string, string>();
      for (const file of await findFiles(roots, options.environmentFile)) {
        const environment = await readEnvironment(file, tellOnce);
        if (!environment) continue;
        const namesake = names.get(environment.name);
        if (namesake !== undefined) {
          tellOnce('two environments have the same name; the second is left out', { file, namesake });
          continue;
        }
        names.set(environment.name, file);
        const stack = await register(file, environment, options);
        const known = fenced.get(stack.environmentId);
        if (known) known.stack = stack;
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
    },
    async close() {
      await Promise.all([...fenced.values()].map(({ fence }) => fence.release()));
      fenced.clear();
      await lead?.release();
    },
  };
}

type Tell = (message: string, data: Record<string, unknown>) => void;

async function realRoots(roots: readonly string[]): Promise<string[]> {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => null)));
  return real.filter((root) => root !== null);
}

/** The environment files at or below folders, not too deep. */
export async function findFiles(roots: readonly string[], name: string): Promise<string[]> {
  const found: string[] = [];
  let folders = 0;
  const walk = async (folder: string, depth: number): Promise<void> => {
    if (++folders > FOLDERS_MAX) return;
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    if (entries.some((entry) => entry.isFile() && entry.name === name)) found.push(join(folder, name));
    if (depth === 0) return;
    // Symlinks are no directories here: what they lead to must be a root of its own.
    for (const entry of entries)
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) await walk(join(folder, entry.name), depth - 1);
  };
  for (const root of roots) await walk(root, DEPTH_MAX);
  return [...new Set(found)];
}

async function readEnvironment(file: string, tell: Tell): Promise<Environment | null> {
  try {
    const parsed = parseEnvironment(JSON.parse(await readFile(file, 'utf8')));
    if (parsed.ok) return parsed.environment;
    tell('an environment file is invalid', { file, problems: parsed.problems });
  } catch (error) {
    tell('an environment file cannot be read', { file, reason: messageOf(error) });
  }
  return null;
}

async function register(file: string, environment: Environment, options: RegistryOptions): Promise<Stack> {
  const directory = dirname(file);
  const registered = await registerEnvironment(options.database, {
    host: options.host,
    workingDirectory: directory,
    definition: environment,
  });
  const stateDirectory = join(options.dataDir, 'environments', environment.name);
  return { environmentId: registered.id, environment, directory, stateDirectory };
}

function tellToWait({ environment }: Stack, tell: Tell): void {
  tell('another worker acts on this environment; waiting for it to end', { environment: environment.name });
}

async function takeFence(
  stack: Stack,
  options: RegistryOptions,
  fenced: Map<string, Fenced>,
  tell: Tell,
): Promise<void> {
  await mkdir(stack.stateDirectory, { recursive: true });
  // The folder too: a worker with another data directory acts on the same stack.
  const fence = await acquireFence(join(stack.stateDirectory, 'worker.lock'), stack.directory);
  if (!fence) return tellToWait(stack, tell);
  fenced.set(stack.environmentId, { stack, fence, adopted: false });
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
