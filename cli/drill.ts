import { mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../core/config.ts';
import { mayReset } from '../core/environment.ts';
import { type DrillOptions as EngineOptions, runDrill, type TheatreSource } from '../drill/drill.ts';
import type { Fault } from '../drill/fault.ts';
import { FAULTS, faultNamed } from '../drill/faults/index.ts';
import { createLab, endStack, removeLabs, stackIn } from '../drill/lab.ts';
import { works } from '../drill/restore.ts';
import type { DrillResult } from '../drill/result.ts';
import { HEADINGS, rowOf } from '../drill/table.ts';
import type { Stack } from '../worker/components/stack.ts';
import { acquireFence } from '../worker/host/fence.ts';
import type { ApiAddress } from './client/request.ts';
import { davylampOver } from './drill/davylamp.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { table } from './follow/table.ts';
import { startStack } from './up.ts';

export interface DrillOptions {
  list?: boolean;
  fault?: string[];
  all?: boolean;
  dir?: string;
  rounds?: string;
  report?: string;
  json?: boolean;
}

const SETUP_MS = 300_000;
const READY_MS = 60_000;

/** `davy drill`: breaks a stack on purpose, fault by fault, and tells what Davylamp made of it. */
export async function drill(options: DrillOptions): Promise<number> {
  if (options.list) return listFaults();
  const faults = chosenFaults(options);
  const config = drillConfig(options.dir);
  await mkdir(dirname(config.dataDir), { recursive: true });
  const fence = await acquireFence(`${config.dataDir}.lock`);
  if (!fence)
    throw new UsageError('drill-running', 'Another drill runs in this folder.', {
      nextStep: 'End it first.',
    });
  try {
    const results = await inDavylamp(config, options, faults);
    if (options.json) console.log(JSON.stringify(results, null, 2));
    const good = results.every(({ asExpected }) => asExpected);
    return good ? EXIT.succeeded : EXIT.failed;
  } finally {
    await fence.release();
  }
}

function listFaults(): number {
  const rows = FAULTS.map(({ name, layer, title, expects }) => [name, layer, expects.outcome, title]);
  for (const line of table(['fault', 'layer', 'expected', 'what is done'], rows)) console.log(line);
  return EXIT.succeeded;
}

function chosenFaults({ fault: names = [], all = false }: DrillOptions): readonly Fault[] {
  if (all) return FAULTS;
  if (names.length === 0)
    throw new UsageError('no-faults', 'Which faults?', {
      nextStep: '`davy drill --list` shows them; `--fault NAME` takes one of them, `--all` takes all.',
    });
  return names.map((name) => {
    const fault = faultNamed(name);
    if (fault) return fault;
    throw new UsageError('unknown-fault', `There is no fault called ${name}.`, {
      nextStep: '`davy drill --list` shows them.',
    });
  });
}

/** Apart from a Davylamp in real use: its own data, and any free port. */
function drillConfig(dir: string | undefined): Config {
  const config = loadConfig();
  const dataDir = join(config.dataDir, 'drill');
  return { ...config, dataDir, port: 0, roots: [dir ?? join(dataDir, 'labs')], databaseUrl: null };
}

async function inDavylamp(
  config: Config,
  options: DrillOptions,
  faults: readonly Fault[],
): Promise<DrillResult[]> {
  const say = (text: string) => (options.json ? console.error(text) : console.log(text));
  const labs = join(config.dataDir, 'labs');
  await removeLabs(labs);
  await rm(config.dataDir, { recursive: true, force: true });
  const stacks =
    options.dir === undefined
      ? [await createLab(labs, 'lab', config.dataDir)]
      : [await stackAt(options.dir, config)];
  say('Starting Davylamp ...');
  const davylamp = await startStack({ config, log: warnings });
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const sources = stacks.map((stack) => sourceOf(stack, davylamp, say));
    const results = await runDrill({
      theatres: sources,
      faults,
      rounds: roundsOf(options),
      say,
      signal: stop.signal,
      onResult: (result) => say(`  ${rowOf(result).slice(1).filter(Boolean).join(' | ')}`),
    });
    if (!options.json) for (const line of table(HEADINGS, results.map(rowOf))) console.log(line);
    return results;
  } finally {
    await davylamp.close();
    if (options.dir === undefined) for (const stack of stacks) await endStack(stack);
  }
}

function roundsOf({ rounds }: DrillOptions): EngineOptions['rounds'] {
  if (rounds === undefined) return { daemon: 3, pool: 3, miner: 5 };
  const count = Number(rounds);
  return { daemon: count, pool: count, miner: count };
}

/** @throws UsageError where that stack must not be broken. */
async function stackAt(dir: string, config: Config): Promise<Stack> {
  const directory = await realpath(dir);
  const text = await readFile(join(directory, config.environmentFile), 'utf8');
  const stack = stackIn(directory, JSON.parse(text), config.dataDir);
  if (mayReset(stack.environment)) return stack;
  throw new UsageError('not-resettable', `The stack in ${directory} must not be broken.`, {
    nextStep: 'A drill needs "network": "regtest" and "resettable": true in its davy.json.',
  });
}

function sourceOf(stack: Stack, api: ApiAddress, say: (text: string) => void): TheatreSource {
  const { name } = stack.environment;
  const davylamp = davylampOver(api, name, stack.directory);
  const theatre = { stack, davylamp, liars: null };
  return {
    theatre,
    async open() {
      say(`Setting up ${name} in ${stack.directory} ...`);
      const run = await davylamp.run('mining-infrastructure-setup', 'A drill', SETUP_MS);
      if (run.status !== 'succeeded' || !(await works(theatre, READY_MS)))
        throw new Error(`${name} could not be set up: run ${run.id} ${run.status}`);
    },
    async close() {
      await davylamp.run('mining-stack-stop', 'The drill is over', SETUP_MS);
    },
  };
}

function warnings(level: string, message: string): void {
  if (level === 'error') console.error(`${level}: ${message}`);
}
