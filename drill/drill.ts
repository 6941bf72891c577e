import { messageOf } from '../core/errors.ts';
import { killed, memberOf } from './components.ts';
import type { Fault, FaultTarget, Proven } from './fault.ts';
import { floorOf } from './floor.ts';
import { restore, untilIdle, works } from './restore.ts';
import type { DrillResult, Trial } from './result.ts';
import { tryFault } from './trial.ts';
import { versionsOf } from './versions.ts';

export interface DrillOptions {
  /** A fault is provoked in the first one where it fits. Called when it is needed for the first time. */
  targets: readonly TargetSource[];
  faults: readonly Fault[];
  /** How often faults with a floor are provoked: medians are compared. */
  rounds: { daemon: number; pool: number; miner: number };
  /** How long nothing must happen where nothing is expected; 20 s unless told otherwise: more than one full look. */
  quietSeconds?: number;
  /** Tells the person at the terminal. */
  say(text: string): void;
  /** What a stack is made of, once it was set up. */
  onStack?(name: string, versions: string[]): void;
  /** Each result as soon as it is there. */
  onResult?(result: DrillResult): void;
  /** Ends the drill after the fault at hand. */
  signal?: AbortSignal;
}

/** A stack that can be made ready to be broken. */
export interface TargetSource {
  target: FaultTarget;
  /** Sets it up, proven to work. Called before its first fault. */
  open(): Promise<void>;
  /** Stops it, so that the next one has the machine for itself. */
  close(): Promise<void>;
}

const READY_MS = 60_000;
const QUIET_SECONDS = 20;

/** Breaks stacks fault by fault and tells what Davylamp made of it. */
export async function runDrill(options: DrillOptions): Promise<DrillResult[]> {
  const results: DrillResult[] = [];
  const keep = (result: DrillResult) => {
    results.push(result);
    options.onResult?.(result);
  };
  const placed = options.faults.map((fault) => ({ fault, ...placeOf(fault, options.targets) }));
  for (const { fault, source, why } of placed) if (!source) keep(skippedResult(fault, why));
  for (const source of options.targets) {
    const here = placed.filter((part) => part.source === source);
    if (here.length === 0 || options.signal?.aborted) continue;
    await source.open();
    const { stack } = source.target;
    options.onStack?.(stack.environment.name, await versionsOf(stack));
    let wreck: string | null = null;
    for (const { fault } of here) {
      if (options.signal?.aborted) break;
      const result: DrillResult = wreck
        ? skippedResult(fault, wreck)
        : await drillOne(fault, source.target, options);
      keep(wreck ? { ...result, asExpected: false } : result);
      wreck ??= result.wreck;
    }
    await source.close();
  }
  return results;
}

/** The first stack where a fault fits, or why it fits in none. */
function placeOf(fault: Fault, sources: readonly TargetSource[]) {
  const reasons: string[] = [];
  for (const source of sources) {
    const reason = fault.applies?.(source.target) ?? null;
    if (reason === null) return { source, why: '' };
    reasons.push(reason);
  }
  return { source: null, why: reasons.at(-1) ?? 'there is no stack' };
}

async function drillOne(fault: Fault, target: FaultTarget, options: DrillOptions): Promise<DrillResult> {
  const { say } = options;
  const rounds = fault.floor ? options.rounds[fault.floor] : 1;
  const result: DrillResult = { ...emptyResult(fault), environment: target.stack.environment.name };
  say(`${fault.name}: ${fault.title}`);
  for (let round = 0; round < rounds && !options.signal?.aborted; round++) {
    try {
      if (!(await works(target, READY_MS))) await restore(target, null);
      if (fault.floor) result.floorsMs.push(await pairedFloor(target, fault.floor));
      await untilIdle(target);
      const { trial, injected } = await tryFault(fault, target, {
        say,
        quietSeconds: options.quietSeconds ?? QUIET_SECONDS,
      });
      result.trials.push(trial);
      const how = await restore(target, injected);
      if (how !== 'as it was') say(`  the stack was ${how} for the next one`);
    } catch (error) {
      result.trials.push(brokenTrial(messageOf(error)));
      result.wreck = await restore(target, null).then(() => null, messageOf);
      if (result.wreck !== null) break;
    }
  }
  result.asExpected = result.trials.every(({ problems }) => problems.length === 0);
  return result;
}

/** The floor, and then the component in Davylamp's own hands again: as it mostly is when something happens to it. */
async function pairedFloor(target: FaultTarget, layer: Proven): Promise<number> {
  const { stack, davylamp } = target;
  await davylamp.beginMaintenance('davy drill measures a bare restart');
  let floorMs: number;
  try {
    floorMs = await floorOf(stack, layer);
    await killed(memberOf(stack, layer));
  } finally {
    await davylamp.endMaintenance();
  }
  if (await works(target, READY_MS)) return floorMs;
  throw new Error(`the ${layer} was not started again after its floor was measured`);
}

function brokenTrial(problem: string): Trial {
  return {
    outcome: 'nothing',
    detectedMs: null,
    provenMs: null,
    diagnosed: [],
    strategies: [],
    actions: [],
    escalation: null,
    problems: [`the drill itself failed: ${problem}`],
  };
}

function emptyResult({ name, layer, title, expects }: Fault): DrillResult {
  return {
    fault: name,
    layer,
    title,
    environment: '',
    expected: expects.outcome,
    skipped: null,
    wreck: null,
    trials: [],
    floorsMs: [],
    asExpected: true,
  };
}

function skippedResult(fault: Fault, skipped: string): DrillResult {
  return { ...emptyResult(fault), skipped };
}
