import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import type { Rig, RigEnvironment } from './rig.ts';

const ANSWER_TIMEOUT_MS = 3_000;
const RETRY_PAUSE_MS = 100;
const TURN_MS = 25;
/** How many of the accepted requests are sent once more, as if the answer had been lost. */
const REPEATED_SHARE = 0.05;

/** What clients wanted, and what they were told. */
export interface Intentions {
  /** The ids of the runs that were accepted under each key: one, if all is well. */
  accepted: Map<string, Set<string>>;
  /** Answers that a client cannot do anything about. */
  refused: string[];
  /** Requests sent, repetitions included. */
  requests: number;
}

export interface ClientOptions {
  rig: Rig;
  chance: Chance;
  /** How many runs are wanted in all. */
  runs: number;
  /** How many unfinished runs an environment gets at most. */
  backlog: number;
  finished(runId: string): boolean;
  signal: AbortSignal;
}

/** Clients that want runs, each under a key of its own, and repeat a request until it is accepted. */
export function startClients({ rig, chance, runs, backlog, finished, signal }: ClientOptions) {
  const intentions: Intentions = { accepted: new Map(), refused: [], requests: 0 };
  let wanted = 0;
  let enough = false;

  const insist = async (environment: RigEnvironment, key: string, own: Chance): Promise<string | null> => {
    while (!signal.aborted) {
      intentions.requests++;
      const api = own.between(0, rig.urls.length - 1);
      const answer = await ask(rig, environment, key, api);
      if (answer.kind === 'accepted') {
        const ids = intentions.accepted.get(key) ?? new Set();
        intentions.accepted.set(key, ids.add(answer.runId));
        return answer.runId;
      }
      if (answer.kind === 'refused') {
        intentions.refused.push(answer.reason);
        return null;
      }
      await pause(RETRY_PAUSE_MS);
    }
    return null;
  };

  const serve = async (environment: RigEnvironment, own: Chance): Promise<void> => {
    let open: string[] = [];
    while (wanted < runs && !enough && !signal.aborted) {
      open = open.filter((id) => !finished(id));
      if (open.length >= backlog) {
        await pause(TURN_MS);
        continue;
      }
      wanted++;
      const key = randomUUID();
      const id = await insist(environment, key, own);
      if (id !== null) open.push(id);
      if (own.share() < REPEATED_SHARE) await insist(environment, key, own);
    }
  };

  const done = Promise.all(rig.environments.map((environment) => serve(environment, chance.fork())));
  return {
    intentions,
    done,
    /** Nothing new is wanted from now on; what was begun is still insisted on. */
    stop() {
      enough = true;
    },
  };
}

type Answer = { kind: 'accepted'; runId: string } | { kind: 'refused'; reason: string } | { kind: 'again' };

async function ask(rig: Rig, environment: RigEnvironment, key: string, api: number): Promise<Answer> {
  try {
    const response = await rig.post(environment, key, { api, timeoutMs: ANSWER_TIMEOUT_MS });
    const text = await response.text();
    if (response.status === 202) return { kind: 'accepted', runId: (JSON.parse(text) as { id: string }).id };
    const isPassing = response.status >= 500 || response.status === 429;
    return isPassing ? { kind: 'again' } : { kind: 'refused', reason: `${response.status}: ${text}` };
  } catch {
    return { kind: 'again' };
  }
}
