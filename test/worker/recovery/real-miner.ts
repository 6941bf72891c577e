import type { Observation } from '../../../core/observation.ts';
import { DEFAULT_SETTINGS } from '../../../core/settings.ts';
import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers, type Stack } from '../../../worker/components/stack.ts';
import { staleLocks } from '../../../worker/components/stale-locks.ts';
import { markWorked } from '../../../worker/components/supervised.ts';
import type { Crash } from '../../../worker/crashes.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { identityOf } from '../../../worker/host/process.ts';
import { signalGroup } from '../../../worker/host/stop.ts';
import { type RecoveryReport, recover } from '../../../worker/recovery.ts';
import { rungExecutor } from '../../../worker/rungs.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { testStack } from '../components/support/stack.ts';

export interface RealMiner {
  stack: Stack;
  at(path: string): string;
  start(): Promise<unknown>;
  observe(): Promise<Observation>;
  pid(): Promise<number>;
  /** Ends it from outside, as any crash would, and waits until that is seen. */
  kill(): Promise<void>;
  recover(): Promise<RecoveryReport>;
}

/** A real process as the miner of a stack whose daemon and pool are seen to work. */
export async function realMiner(spec: object): Promise<RealMiner> {
  const { stack, at } = await testStack({
    pool: { kind: 'process', command: ['sleep', '60'] },
    miners: [{ kind: 'process', ...spec }],
  });
  const member = () => {
    const [found] = minerMembers(stack);
    if (!found) throw new RangeError('a stack without a miner');
    return found;
  };
  const crashes: Crash[] = [];
  const look = async () => {
    const facts = await minerKind(member()).observe(member());
    const locks = facts.process.state === 'down' ? await staleLocks(member()) : [];
    return { ...facts, desired: 'running', staleLocks: locks } as const;
  };
  const observe = async () => {
    const miner = await look();
    if (miner.process.state === 'running') markWorked(member());
    return stackWith({ miner });
  };
  const pid = async () => {
    const { process } = await look();
    if (process.state === 'down') throw new Error('the miner is down');
    return process.pid;
  };
  return {
    stack,
    at,
    observe,
    pid,
    start: async () => await minerKind(member()).start(member(), { reindex: false }),
    async kill() {
      const identity = identityOf(await pid());
      if (!identity) throw new Error('it is gone already');
      await signalGroup(identity, 'SIGKILL');
      const seen = async () => {
        const { process } = await look();
        return process.state === 'down' && process.exit !== null;
      };
      await waitUntil(seen, { timeoutMs: 5_000, intervalMs: 10, what: 'the miner is gone' });
    },
    recover: async () =>
      await recover({
        ...rungExecutor({ stack, observe, signal: new AbortController().signal }),
        stack,
        settings: DEFAULT_SETTINGS,
        signal: new AbortController().signal,
        raised: { code: 'process_down', message: 'it was seen' },
        mode: 'targeted',
        reset: null,
        async recordCrash(crash) {
          if (!crashes.some(({ key }) => key === crash.key)) crashes.push(crash);
          return crashes.filter(({ component }) => component === crash.component).length;
        },
        experience: async () => [],
        note: async () => {},
        observe,
      }),
  };
}
