import type { Way } from './passage.ts';
import type { Fault, FaultContext } from './world.ts';

const partitions = (['stalled', 'cut', 'closed'] as const).flatMap((way) => [
  partition('database', way),
  partition('queue', way),
]);

/** What can happen to Postgres, and to the ways to it and to the queue. */
export const DATABASE_FAULTS: readonly Fault[] = [
  postgresRestart('Postgres shut down at once', 'SIGQUIT'),
  postgresRestart('Postgres killed', 'SIGKILL'),
  {
    name: 'Postgres frozen',
    async happen({ world: { postgres }, hold }) {
      postgres.freeze();
      await hold();
      postgres.thaw();
      return true;
    },
  },
  {
    name: 'Postgres ends all sessions',
    async happen({ world: { postgres } }) {
      await postgres.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and datname = current_database()`);
      return true;
    },
  },
  ...partitions,
];

export const REDIS_FAULTS: readonly Fault[] = [
  {
    name: 'Redis frozen',
    async happen({ world: { redis }, hold }) {
      redis?.freeze();
      await hold();
      redis?.thaw();
      return redis !== null;
    },
  },
  {
    name: 'Redis killed',
    async happen({ world: { redis }, hold }) {
      await redis?.kill();
      await hold();
      await redis?.restart();
      return redis !== null;
    },
  },
];

function postgresRestart(name: string, signal: 'SIGQUIT' | 'SIGKILL'): Fault {
  return {
    name,
    async happen({ world: { postgres }, hold }) {
      await postgres.kill(signal);
      await hold();
      await postgres.restart();
      return true;
    },
  };
}

function partition(to: 'database' | 'queue', way: Exclude<Way, 'open'>): Fault {
  return {
    name: `way to the ${to} ${way}`,
    async happen({ world, chance, hold }: FaultContext) {
      const ways = world.ways.filter((one) => one.to === to);
      if (ways.length === 0) return false;
      const { passage } = chance.pick(ways);
      passage.set(way);
      await hold();
      passage.set('open');
      return true;
    },
  };
}
