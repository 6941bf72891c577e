import { describeDiagnoses } from '../../core/failure.ts';
import { minerKind } from '../components/index.ts';
import type { ConfigChange } from '../components/kind.ts';
import { minerMembers } from '../components/stack.ts';
import { type Executors, failed, type StageExecutor, succeeded } from './agent.ts';
import { settle } from './settle.ts';

const START_TIMEOUT_MS = 10_000;

const startMiners: StageExecutor = async ({ stack, want, observe, signal }) => {
  const miners = minerMembers(stack);
  if (miners.length === 0) return failed('bad_config', 'davy.json names no miners', {});
  await want(miners, 'running');
  const files: ConfigChange[] = [];
  const started: Record<string, string> = {};
  const errors: unknown[] = [];
  // One that cannot be started keeps no other from it; what hindered it is the stage's failure all the same.
  for (const member of miners)
    try {
      files.push(...(await minerKind(member).configure(member)));
      started[member.ref.name] = await minerKind(member).start(member, { reindex: false });
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw errors[0];
  const { observation, diagnoses } = await settle({
    observe,
    concerns: ({ role }) => role === 'miner',
    timeoutMs: START_TIMEOUT_MS,
    signal,
  });
  const evidence = {
    files,
    started,
    miners: observation.miners.map(({ component, process }) => ({ component, process })),
  };
  const [root] = diagnoses;
  return root ? failed(root.failure, describeDiagnoses(diagnoses), evidence) : succeeded(evidence);
};

export const minerManager: Executors<'configure_miner' | 'start_mining' | 'watch_mining' | 'stop_miners'> = {
  configure_miner: startMiners,
  start_mining: startMiners,

  async watch_mining({ observe, signal }) {
    const { observation, diagnoses } = await settle({
      observe,
      concerns: () => true,
      timeoutMs: START_TIMEOUT_MS,
      signal,
    });
    const evidence = { miners: observation.miners };
    const [root] = diagnoses;
    if (root) return failed(root.failure, describeDiagnoses(diagnoses), evidence);
    const idle = observation.miners.filter(({ process }) => process.state === 'down');
    if (idle.length === 0) return succeeded(evidence);
    return failed(
      'process_down',
      `not running: ${idle.map(({ component }) => component).join(', ')}`,
      evidence,
    );
  },

  async stop_miners({ stack, want, observe }) {
    const miners = minerMembers(stack);
    await want(miners, 'stopped');
    const stopped: Record<string, string> = {};
    for (const member of miners)
      stopped[member.ref.name] = await minerKind(member).stop(member, { force: false });
    const alive = (await observe()).miners.filter(({ process }) => process.state !== 'down');
    if (alive.length === 0) return succeeded({ stopped });
    return failed('still_running', `still running: ${alive.map(({ component }) => component).join(', ')}`, {
      stopped,
    });
  },
};
