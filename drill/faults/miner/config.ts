import { minerKind, poolKind } from '../../../worker/components/index.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { freePorts, waitForListener } from '../../../worker/host/port.ts';
import { killed } from '../../components.ts';
import type { Fault, FaultContext, FaultTarget, Injected } from '../../fault.ts';
import { configFileOf, rewritten } from '../../files.ts';
import { unwatched } from '../../unwatched.ts';
import { minerNamed } from './names.ts';

const START_MS = 15_000;

/** A miner that is told the wrong thing. */
export const minerConfig: readonly Fault[] = [
  {
    name: 'miner-astray',
    layer: 'miner',
    title: 'its configuration points at another port, and it is started again',
    expects: { outcome: 'healed', diagnoses: minerNamed('pool_unreachable') },
    applies: hasJson,
    async inject(context) {
      const [port] = await freePorts(1);
      return await restartedWith(context, (text) =>
        text.replace(/(stratum\+tcp:\/\/[^:]+:)\d+/, `$1${port}`),
      );
    },
  },
  {
    name: 'miner-config-unreadable',
    layer: 'miner',
    title: 'its configuration loses its second half, and it gets SIGKILL',
    expects: {
      outcome: 'escalated',
      reason: 'critical_error',
      diagnoses: minerNamed('bad_config', 'process_down'),
    },
    applies: hasJson,
    inject: (context) => restartedWith(context, (text) => text.slice(0, text.length / 2)),
  },
  {
    name: 'miner-login-refused',
    layer: 'miner',
    title: 'the pool is told to accept other logins only, and is started again',
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: minerNamed('unauthorized') },
    applies: ({ stack }) => (stack.environment.pool.kind === 'lab-pool' ? null : 'its pool takes any login'),
    keeps: ['daemon', 'pool'],
    async inject(context) {
      const pool = poolMember(context.stack);
      const { username, password } = pool.spec.login;
      const users = JSON.stringify([{ name: username, password }]);
      const file = await configFileOf(context.stack, 'pool');
      let putBack = async () => {};
      const restart = async () => {
        await killed(pool);
        await poolKind(pool).start(pool, { reindex: false });
        await waitForListener({ port: await poolKind(pool).port(pool), timeoutMs: START_MS });
      };
      const atMs = await unwatched(context, async () => {
        putBack = await rewritten(file, (text) => text.replace(/"bind"/, `"users": ${users}, "bind"`));
        await restart();
      });
      return {
        atMs,
        async undo() {
          await putBack();
          await restart();
        },
      };
    },
  },
];

function hasJson({ stack }: FaultTarget): string | null {
  return stack.environment.miners[0]?.kind === 'process' ? 'its configuration is not known' : null;
}

async function restartedWith(context: FaultContext, change: (text: string) => string): Promise<Injected> {
  const [miner] = minerMembers(context.stack);
  if (!miner) throw new RangeError('there is no miner');
  const file = await configFileOf(context.stack, 'miner');
  let putBack = async () => {};
  const atMs = await unwatched(context, async () => {
    await killed(miner);
    putBack = await rewritten(file, change);
    await minerKind(miner).start(miner, { reindex: false });
  });
  return { atMs, undo: () => putBack() };
}
