import { describeDiagnoses } from '../../core/failure.ts';
import { checkpoint } from '../components/checkpoint.ts';
import { bootDaemons } from '../components/daemons.ts';
import { daemonKind } from '../components/index.ts';
import { daemonMember, peerMembers } from '../components/stack.ts';
import { openWallet } from '../components/wallet.ts';
import { type Executors, failed, succeeded } from './agent.ts';
import { settle } from './settle.ts';

export const daemonManager: Executors<'start_daemon' | 'stop_daemon' | 'generate_blocks'> = {
  async start_daemon(context) {
    const { stack } = context;
    const daemons = [...peerMembers(stack), daemonMember(stack)];
    await context.want(daemons, 'running');
    const started = await bootDaemons(stack);
    const { observation, diagnoses } = await settle({
      observe: context.observe,
      concerns: ({ role }) => role === 'daemon',
      timeoutMs: stack.environment.daemon.startTimeoutSeconds * 1000,
      signal: context.signal,
    });
    const daemon = observation.daemons.find(({ peer }) => !peer);
    const evidence = { started, process: daemon?.process, rpc: daemon?.rpc, template: daemon?.template };
    const [root] = diagnoses;
    return root ? failed(root.failure, describeDiagnoses(diagnoses), evidence) : succeeded(evidence);
  },

  async stop_daemon(context) {
    const daemons = [daemonMember(context.stack), ...peerMembers(context.stack)];
    await context.want(daemons, 'stopped');
    // A clean stop writes everything by itself; one that does not come to its end would lose blocks.
    await checkpoint(context.stack);
    const stopped: Record<string, string> = {};
    for (const member of daemons)
      stopped[member.ref.name] = await daemonKind(member).stop(member, { force: false });
    const { daemons: facts } = await context.observe();
    const alive = facts.filter(({ process }) => process.state !== 'down').map(({ component }) => component);
    if (alive.length > 0) return failed('still_running', `still running: ${alive.join(', ')}`, { stopped });
    return succeeded({ stopped });
  },

  async generate_blocks({ stack, attemptId, rememberHeight }) {
    const wallet = await openWallet(stack);
    const height = await wallet.generateOnce(attemptId);
    await checkpoint(stack);
    await rememberHeight(height);
    return succeeded({ height });
  },
};
