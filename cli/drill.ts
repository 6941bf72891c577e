import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../core/config.ts';
import { type DrillOptions as EngineOptions, runDrill } from '../drill/drill.ts';
import type { Fault } from '../drill/fault.ts';
import { FAULTS, faultNamed } from '../drill/faults/index.ts';
import { removeLabs } from '../drill/lab.ts';
import { type Host, markdown } from '../drill/report.ts';
import type { DrillResult } from '../drill/result.ts';
import { HEADINGS, rowOf } from '../drill/table.ts';
import { acquireFence } from '../worker/host/fence.ts';
import { type DrillTargets, labsOf, practiceTargets, targetAt } from './drill/targets.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { didYouMean } from './hints.ts';
import { printJson } from './terminal/print.ts';
import { table } from './terminal/table.ts';
import { startServices } from './up.ts';

export interface DrillOptions {
  list?: boolean;
  fault?: string[];
  all?: boolean;
  dir?: string;
  rounds?: string;
  report?: string;
  json?: boolean;
}

/** Shares come at random: of a miner's times it takes more for a median. */
const ROUNDS = { daemon: 3, pool: 3, miner: 5 };

/** `davy drill`: breaks a stack on purpose, fault by fault, and tells what Davylamp made of it. */
export async function drill(options: DrillOptions): Promise<number> {
  if (options.list) return listFaults(options);
  const faults = chosenFaults(options);
  const config = drillConfig();
  await mkdir(dirname(config.dataDir), { recursive: true });
  const fence = await acquireFence(`${config.dataDir}.lock`);
  if (!fence)
    throw new UsageError('drill-running', 'Another drill runs in this folder.', {
      nextStep: 'End it first.',
    });
  try {
    await removeLabs(labsOf(config.dataDir));
    await rm(config.dataDir, { recursive: true, force: true });
    const targets = await (options.dir === undefined
      ? practiceTargets(config)
      : targetAt(options.dir, config));
    const results = await runFaults({ ...config, roots: targets.roots }, targets, faults, options);
    return results.every(({ asExpected }) => asExpected) ? EXIT.succeeded : EXIT.failed;
  } finally {
    await fence.release();
  }
}

function listFaults({ json = false }: DrillOptions): number {
  if (json) {
    printJson({ items: FAULTS.map(({ name, layer, title, expects }) => ({ name, layer, title, expects })) });
    return EXIT.succeeded;
  }
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
      nextStep: [
        didYouMean(
          name,
          FAULTS.map((fault) => fault.name),
        ),
        '`davy drill --list` shows them all.',
      ]
        .filter(Boolean)
        .join(' '),
    });
  });
}

/** Apart from a Davylamp in real use: its own data and database, and any free port. */
function drillConfig(): Config {
  const config = loadConfig();
  return { ...config, dataDir: join(config.dataDir, 'drill'), port: 0, databaseUrl: null };
}

async function runFaults(
  config: Config,
  targets: DrillTargets,
  faults: readonly Fault[],
  options: DrillOptions,
): Promise<DrillResult[]> {
  const say = (text: string) => (options.json ? console.error(text) : console.log(text));
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const startedAt = new Date();
  const stacks: Host['stacks'][number][] = [];
  say('Starting Davylamp ...');
  const davylamp = await startServices({ config, log: warnings });
  try {
    const results = await runDrill({
      targets: targets.sources(davylamp, say),
      faults,
      rounds: roundsOf(options),
      say,
      signal: stop.signal,
      onStack: (name, versions) => stacks.push({ name, versions }),
      onResult: (result) => say(lineOf(result)),
    });
    if (options.report !== undefined) {
      const durationMs = Date.now() - startedAt.getTime();
      await writeFile(options.report, markdown(results, { stacks, startedAt, durationMs }));
    }
    if (options.json) printJson(results);
    else for (const line of table(HEADINGS, results.map(rowOf))) console.log(line);
    return results;
  } finally {
    await davylamp.close();
    await targets.remove();
  }
}

function lineOf(result: DrillResult): string {
  const [fault = '', ...cells] = rowOf(result);
  const told = cells.filter((cell) => cell !== '').join(' | ');
  return result.skipped === null ? `  ${told}` : `${fault}: ${told}`;
}

function roundsOf({ rounds }: DrillOptions): EngineOptions['rounds'] {
  if (rounds === undefined) return ROUNDS;
  const count = Number(rounds);
  if (!Number.isInteger(count) || count < 1 || count > 100)
    throw new UsageError('bad-rounds', `--rounds ${rounds}: it takes a number from 1 to 100.`);
  return { daemon: count, pool: count, miner: count };
}

function warnings(level: string, message: string): void {
  if (level === 'error') console.error(`${level}: ${message}`);
}
