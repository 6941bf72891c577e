import { poolKind } from '../../../worker/components/index.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { waitForListener } from '../../../worker/host/port.ts';
import { killed } from '../../components.ts';
import type { Fault, FaultContext, FaultTarget, Injected } from '../../fault.ts';
import { configFileOf, rewritten } from '../../files.ts';
import { unwatched } from '../../unwatched.ts';

const START_MS = 15_000;

/** A pool whose configuration somebody spoiled. */
export const poolConfig: readonly Fault[] = [
  {
    name: 'pool-credentials-wrong',
    layer: 'pool',
    title: "the daemon's password in its configuration is changed, and it is started again",
    expects: { outcome: 'healed', diagnoses: ['pool:rpc_unauthorized', 'pool:daemon_lost'] },
    applies: hasJson,
    inject: (context) =>
      spoiled(context, true, (text) =>
        text.replace(/("pass(?:word)?"\s*:\s*")[^"]+"/, '$1not-the-password"'),
      ),
  },
  {
    name: 'pool-config-unreadable',
    layer: 'pool',
    title: 'its configuration loses its second half, and it gets SIGKILL',
    expects: {
      outcome: 'escalated',
      reason: 'critical_error',
      diagnoses: ['pool:bad_config', 'pool:process_down'],
    },
    applies: hasJson,
    inject: (context) => spoiled(context, false, (text) => text.slice(0, text.length / 2)),
  },
];

function hasJson({ stack }: FaultTarget): string | null {
  return stack.environment.pool.kind === 'process' ? 'its configuration is not known' : null;
}

async function spoiled(
  context: FaultContext,
  start: boolean,
  change: (text: string) => string,
): Promise<Injected> {
  const pool = poolMember(context.stack);
  const kind = poolKind(pool);
  const port = await kind.port(pool);
  const file = await configFileOf(context.stack, 'pool');
  let putBack = async () => {};
  const atMs = await unwatched(context, async () => {
    await killed(pool);
    putBack = await rewritten(file, change);
    if (!start) return;
    await kind.start(pool, { reindex: false });
    await waitForListener({ port, timeoutMs: START_MS });
  });
  return { atMs, undo: () => putBack() };
}
