import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { DEFAULT_SETTINGS } from '../../../core/settings.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { type Keep, type RecoveryReport, recover } from '../../../worker/recovery.ts';
import type { RecoveryContext } from '../../../worker/repair.ts';
import { rungExecutor } from '../../../worker/rungs.ts';
import { environmentWith } from '../../core/fixtures/situation.ts';

/** A stack without a process, in a folder of its own. */
export async function emptyStack(fields: Record<string, unknown> = {}): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'davy-recovery-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [rpcPort, p2pPort, stratumPort] = await freePorts(3);
  const environment = environmentWith({
    daemon: { dataDir: 'daemon', rpcPort, p2pPort },
    pool: { kind: 'process', command: ['/bin/false'], stratumPort },
    miners: [{ kind: 'process', command: ['/bin/false'] }],
    ...fields,
  });
  return { environmentId: 'none', environment, directory, stateDirectory: join(directory, 'state') };
}

/** One recovery attempt that sees one look after the other; the last one stays. */
export async function recoverSeeing(
  looks: [Observation, ...Observation[]],
  context: Partial<RecoveryContext> = {},
  keep?: Keep,
): Promise<RecoveryReport> {
  const stack = context.stack ?? (await emptyStack());
  let turn = 0;
  const signal = new AbortController().signal;
  const observe = context.observe ?? (async () => looks[Math.min(turn++, looks.length - 1)] ?? looks[0]);
  return await recover(
    {
      ...rungExecutor({ stack, observe, signal }),
      stack,
      settings: DEFAULT_SETTINGS,
      signal,
      raised: { code: 'connection_failed', message: 'it was seen' },
      mode: 'targeted',
      reset: null,
      recordCrash: async () => 1,
      experience: async () => [],
      note: async () => {},
      observe,
      ...context,
    },
    keep,
  );
}
