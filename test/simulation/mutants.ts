import type { TransitionWrite } from '../../db/transitions.ts';
import type { Command } from './schedule.ts';
import type { RunTable } from './world/run-table.ts';
import type { Sabotage } from './world/world.ts';

/** A statement of the database that does not look at the epoch, nor at whether anybody owns the run. */
function withoutEpoch(table: RunTable): void {
  table.held = (runId) => {
    const row = table.rows.get(runId);
    return row && row.finishedAt === null ? row : undefined;
  };
}

/** Rare states are led to, that a short search finds them too. */
interface Mutant extends Sabotage {
  opening?: readonly Command[];
}

/** A stage at work, and no database. */
const IN_AN_OUTAGE: readonly Command[] = [
  { kind: 'fate', fate: 'slow' },
  { kind: 'post', pipeline: 0, repeats: false, key: 0 },
  { kind: 'pass', ms: 600, salt: 0 },
  { kind: 'database', isDown: true },
];

/** Repairs that come to nothing, and a worker that is killed in the midst of the reset that follows. */
const IN_A_RESET: readonly Command[] = [
  { kind: 'stubborn', starts: 500 },
  { kind: 'fate', fate: 'breaks' },
  { kind: 'post', pipeline: 0, repeats: false, key: 0 },
  { kind: 'pass', ms: 17_900, salt: 0 },
  { kind: 'steps', count: 7, salt: 0 },
  { kind: 'kill', worker: 0, salt: 0 },
  { kind: 'start', worker: 0 },
];

/** A repair that waits to see whether it helped. */
const IN_A_RECOVERY: readonly Command[] = [...IN_A_RESET.slice(0, 3), { kind: 'pass', ms: 600, salt: 0 }];

/** The reset, before it has moved anything. */
const AT_A_RESET = IN_A_RESET.slice(0, 4);

/** Davylamp with one thing left out: each of these the simulation must find. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'writes that do not name their epoch': { table: withoutEpoch },

  'a reconciler that does not ask whether the call still waits': {
    dispatcher: (dispatcher) => ({ ...dispatcher, pending: async () => 'absent' }),
  },

  'an intent that is not saved': {
    store: (store) => ({ ...store, begin: async () => true }),
  },

  'effects that do not look for what their attempt did before': {
    host: (host) => {
      host.looksBeforeActing = false;
    },
  },

  'no fence: two workers of one host act on the same stack': { hasNoFence: true },

  'a worker that goes on although its fence was lost': { staysWhereItWas: true },

  'a recovery that does not look whether it is to stop': {
    opening: IN_A_RECOVERY,
    heard: (signal, by) => (by === 'recovery' ? new AbortController().signal : signal),
  },

  'a reset that does not look whether it is to stop': {
    opening: AT_A_RESET,
    heard: (signal, by) => (by === 'reset' ? new AbortController().signal : signal),
  },

  'a recovery that is carried out twice at once': {
    work: (work) => ({
      ...work,
      recovery: async (...of) => (await Promise.all([work.recovery(...of), work.recovery(...of)]))[0],
    }),
  },

  'a stage that goes on after its decision': { actsAfterItsEnd: true },

  'a component that is started beside the one that runs': {
    host: (host) => {
      host.adopts = false;
    },
  },

  'a lease that is never given up': {
    opening: IN_AN_OUTAGE,
    store: (store) => ({ ...store, renew: (...claim) => store.renew(...claim).catch(() => true) }),
  },

  'a lease that is not renewed': { store: (store) => ({ ...store, renew: async () => true }) },

  'a call that keeps its dispatch number': {
    table: (table) => {
      const save = table.save.bind(table);
      table.save = (write: TransitionWrite) => {
        const row = table.rows.get(write.runId);
        const saved = save(write);
        if (!row || !saved) return saved;
        row.dispatch--;
        return { dispatch: row.dispatch };
      };
      table.nextDispatch = (_runId, dispatch) => dispatch;
    },
  },

  'no reconciler': { store: (store) => ({ ...store, due: async () => [] }) },

  'strays that are never freed, and a lease that never ends': {
    store: (store) => ({ ...store, releaseStrays: async () => {} }),
    table: (table) => {
      const claim = table.claim.bind(table);
      table.claim = (runId, claimant, leaseSeconds) => claim(runId, claimant, leaseSeconds * 1_000);
    },
  },

  'a retry that does not wait for its delay': {
    table: (table) => {
      const isClaimable = table.isClaimable.bind(table);
      table.isClaimable = (row, claimant) => isClaimable({ ...row, nextAttemptAt: null }, claimant);
    },
  },

  'runs of one environment in any order': {
    table: (table) => {
      const isClaimable = table.isClaimable.bind(table);
      table.isClaimable = (row, claimant) => isClaimable({ ...row, holdsEnvironment: true }, claimant);
    },
  },

  'an ended run that keeps its environment': {
    table: (table) => {
      const save = table.save.bind(table);
      table.save = (write) => {
        const row = table.rows.get(write.runId);
        const held = row?.holdsEnvironment ?? false;
        const saved = save(write);
        if (row && saved) row.holdsEnvironment = held;
        return saved;
      };
    },
  },

  'a reset under a new nonce in each life': { opening: IN_A_RESET, nonce: (unique) => unique },

  'a repeated request that is accepted twice': {
    table: (table) => {
      const insert = table.insert.bind(table);
      let keys = 0;
      table.insert = (run, idempotency) =>
        insert(run, idempotency && { ...idempotency, key: `${idempotency.key}-${++keys}` });
    },
  },

  'a claim that does not look whether it is to be cancelled': {
    table: (table) => {
      const claim = table.claim.bind(table);
      table.claim = (...of) => {
        const row = claim(...of);
        return row && { ...row, cancelRequestedAt: null };
      };
    },
  },
};
