import { describeDiagnoses } from '../../core/failure.ts';
import { type Executors, failed, succeeded } from './agent.ts';
import { settle } from './settle.ts';

/** A pool that has just started needs a moment for its first job. */
const CONNECT_TIMEOUT_MS = 5_000;

export const poolConnector: Executors<'verify_connection'> = {
  async verify_connection({ observe, signal }) {
    const { observation, diagnoses } = await settle({
      observe,
      concerns: ({ role }) => role === 'daemon' || role === 'pool',
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal,
    });
    const daemon = observation.daemons.find(({ peer }) => !peer);
    const { stratum, stratumPort } = observation.pool;
    const evidence = { stratum, stratumPort, daemonTip: daemon?.rpc?.kind === 'ok' ? daemon.rpc.tip : null };
    const [root] = diagnoses;
    return root ? failed(root.failure, describeDiagnoses(diagnoses), evidence) : succeeded(evidence);
  },
};
