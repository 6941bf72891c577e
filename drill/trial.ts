import { setTimeout as pause } from 'node:timers/promises';
import type { Stack } from '../worker/components/stack.ts';
import { askDaemon, memberOf, processOf } from './components.ts';
import type { Fault, FaultContext, FaultTarget, Injected, Outcome, Proven } from './fault.ts';
import { type Account, accountOf, diagnosisOf } from './incidents.ts';
import { type Observer, observer } from './proof.ts';
import { ALL, works } from './restore.ts';
import type { Trial } from './result.ts';
import { noteValuables } from './safety.ts';

const DEADLINE_SECONDS = 90;
const POLL_MS = 150;
/** A healed layer is not all: the rest of the stack must follow. */
const AFTERMATH_MS = 30_000;
/** How long the drill's proof may come after Davylamp's. */
const LAG_MS = 5_000;

export interface TrialOptions {
  say(text: string): void;
  /** How long nothing must happen where nothing is expected. */
  quietSeconds: number;
}

export interface TrialOutcome {
  trial: Trial;
  injected: Injected | null;
}

/** Provokes a fault once on a healthy stack and watches what Davylamp makes of it. */
export async function tryFault(
  fault: Fault,
  target: FaultTarget,
  { say, quietSeconds }: TrialOptions,
): Promise<TrialOutcome> {
  const height = Number(await askDaemon(target.stack, 'getblockcount'));
  const context: FaultContext = { ...target, height, say };
  const valuables = await noteValuables(target.stack);
  const injected = await fault.inject(context);
  const asked = { ...context, height: injected.height ?? height };
  const watching = await observer(target.stack, asked.height);
  const survivors = await pidsOf(target.stack, survivorsOf(fault));
  const seen = await watch(fault, asked, injected, { watching, quietSeconds });
  const { account, provenAtMs, outcome } = seen;
  const problems = await judge(fault, asked, seen);
  const now = await pidsOf(target.stack, survivorsOf(fault));
  for (const [name, pid] of survivors)
    if (pid !== null && now.get(name) !== pid) problems.push(`${name} had to be left alone`);
  const losses = await valuables.losses(account);
  problems.push(...losses.map((loss) => `LOST: ${loss}`));
  return {
    injected,
    trial: {
      outcome,
      detectedMs: detectedMs(account, injected, rightDiagnosis(fault, target.stack)),
      provenMs: provenAtMs === null ? null : provenAtMs - injected.atMs,
      diagnosed: account.diagnosed,
      strategies: account.strategies,
      actions: account.actions,
      escalation: account.escalation,
      problems,
    },
  };
}

/** When the fault was detected, or where it was taken for something else, that. */
function detectedMs({ incidents }: Account, { atMs }: Injected, isRight: (diagnosis: string) => boolean) {
  const incident = incidents.find((found) => isRight(diagnosisOf(found))) ?? incidents[0];
  // Times of the API are whole milliseconds.
  return incident ? Math.max(0, Date.parse(incident.detectedAt) - atMs) : null;
}

export function layersOf({ layer, proves }: Fault): readonly Proven[] {
  return proves ?? (layer === 'environment' ? ALL : [layer]);
}

/** What lies below a broken layer works, and is to be left alone. */
function survivorsOf({ layer, keeps, expects }: Fault): readonly Proven[] {
  if (expects.outcome === 'undisturbed') return ALL;
  return keeps ?? ALL.slice(0, layer === 'environment' ? 0 : ALL.indexOf(layer));
}

async function pidsOf(stack: Stack, layers: readonly Proven[]): Promise<Map<string, number | null>> {
  const found = layers.map(async (layer): Promise<[string, number | null]> => {
    const member = memberOf(stack, layer);
    const identity = await processOf(member).catch(() => null);
    return [member.ref.name, identity?.pid ?? null];
  });
  return new Map(await Promise.all(found));
}

interface Seen {
  account: Account;
  provenAtMs: number | null;
  outcome: Outcome | 'nothing' | 'late';
}

/** Looks at both, Davylamp's account and the world, until they are settled or the time is over. */
async function watch(
  fault: Fault,
  context: FaultContext,
  { atMs }: Injected,
  { watching, quietSeconds }: { watching: Observer; quietSeconds: number },
): Promise<Seen> {
  const quiet = fault.expects.outcome === 'undisturbed';
  const timeoutMs = 1000 * (quiet ? quietSeconds : (fault.deadlineSeconds ?? DEADLINE_SECONDS));
  const enough = new AbortController();
  let provenAtMs: number | null = null;
  const proof = watching.proven(layersOf(fault), enough.signal).then((moment) => {
    provenAtMs = moment;
  });
  proof.catch(() => {});
  const endsAt = performance.now() + timeoutMs;
  try {
    for (;;) {
      const account = accountOf(await context.davylamp.runsSince(atMs));
      const over = performance.now() >= endsAt;
      const verdict = quiet ? null : verdictOf(account, rightDiagnosis(fault, context.stack));
      if (verdict === 'healed' && provenAtMs === null)
        await Promise.race([proof, pause(LAG_MS)]).catch(() => {});
      if (verdict === 'escalated' || (verdict === 'healed' && provenAtMs !== null))
        return { account, provenAtMs: verdict === 'healed' ? provenAtMs : null, outcome: verdict };
      if (over) return { account, provenAtMs: quiet ? null : provenAtMs, outcome: outcomeAtTheEnd(account) };
      await pause(POLL_MS);
    }
  } finally {
    enough.abort();
  }
}

/** An incident of something else, such as work that was old for an instant, does not end the trial. */
function verdictOf(
  { diagnosed, settled, escalation }: Account,
  isRight: (diagnosis: string) => boolean,
): 'healed' | 'escalated' | null {
  if (diagnosed.length === 0 || !settled) return null;
  if (escalation) return 'escalated';
  return diagnosed.some(isRight) ? 'healed' : null;
}

function outcomeAtTheEnd({ incidents, settled }: Account): Seen['outcome'] {
  if (incidents.length === 0) return 'undisturbed';
  return settled ? 'healed' : 'late';
}

async function judge(
  fault: Fault,
  context: FaultContext,
  { account, outcome, provenAtMs }: Seen,
): Promise<string[]> {
  const { expects } = fault;
  const problems = [];
  if (outcome !== expects.outcome) problems.push(`${expects.outcome} was expected`);
  if (expects.outcome !== 'undisturbed' && !account.diagnosed.some(rightDiagnosis(fault, context.stack)))
    problems.push(`the diagnosis should be ${expects.diagnoses.join(' or ')}`);
  if (expects.reason !== undefined && account.escalation?.reason !== expects.reason)
    problems.push(`the reason should be ${expects.reason}, not ${account.escalation?.reason ?? 'none'}`);
  if (outcome === 'healed' && provenAtMs === null) problems.push('it does not work, whatever Davylamp says');
  if (outcome === 'healed' && !(await works(context, AFTERMATH_MS, context.height)))
    problems.push('not all of the stack works afterwards');
  return problems;
}

function rightDiagnosis({ expects }: Fault, stack: Stack): (diagnosis: string) => boolean {
  const miner = memberOf(stack, 'miner').ref.name;
  const right = expects.diagnoses.map((pattern) => pattern.replace('*', miner));
  return (diagnosis) => right.includes(diagnosis);
}
