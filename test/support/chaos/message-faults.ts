import type { Fault, FaultContext } from './world.ts';

const REPEATED_AT_ONCE = 10;
const AHEAD_MAX = 2;

/** The queue promises nothing: calls are lost, come again, or come for nothing. */
export const MESSAGE_FAULTS: readonly Fault[] = [
  {
    name: 'calls lost',
    async happen({ world, chance }) {
      return (await world.meddler.lose(someHost({ world, chance }))) > 0;
    },
  },
  {
    name: 'all calls lost',
    async happen({ world: { redis, postgres } }) {
      if (redis) await redis.command('FLUSHALL');
      else await postgres.query('truncate davylamp_queue.job cascade');
      return true;
    },
  },
  {
    name: 'calls doubled',
    happen: (context) => callAgain(context, (dispatch) => dispatch),
  },
  {
    name: 'old calls repeated',
    happen: (context) => callAgain(context, (dispatch) => context.chance.between(1, dispatch)),
  },
  {
    name: 'calls forged',
    happen: (context) => callAgain(context, (dispatch) => dispatch + context.chance.between(1, AHEAD_MAX)),
  },
];

function someHost({ world, chance }: Pick<FaultContext, 'world' | 'chance'>): string {
  return chance.pick(world.rig.environments).host;
}

async function callAgain(
  { world, chance }: FaultContext,
  which: (dispatch: number) => number,
): Promise<boolean> {
  const host = someHost({ world, chance });
  const runs = await world.postgres.query<{ id: string; dispatch: number }>(
    'select id, dispatch from runs where host = $1 order by finished_at is null desc, id desc limit $2',
    [host, REPEATED_AT_ONCE],
  );
  for (const { id, dispatch } of runs) await world.meddler.repeat(host, { id, dispatch: which(dispatch) });
  return runs.length > 0;
}
