import type { MinerSpec } from '../../core/environment.ts';
import type { MinerFacts } from '../../core/observation.ts';
import { minerKind } from '../components/index.ts';
import type { Observed } from '../components/kind.ts';
import type { Member } from '../components/stack.ts';
import { Heartbeat } from './heartbeat.ts';
import { type Probe, type ProbeResult, repeatProbe } from './probe.ts';

/** Its words are read from its log: more often they would not be newer. */
const READ_MS = 1_000;
/** A miner that lost its pool for a moment finds it again by itself. */
const BAD_READS_MAX = 3;

/** Whether a miner says that it works: where it is sent and what it last said of its connection. */
export function minerProbe(member: Member<MinerSpec>, onChange: () => void): Probe {
  const heartbeat = new Heartbeat(onChange);
  const probe = async (): Promise<ProbeResult> => {
    const trouble = troubleOf(await minerKind(member).observe(member));
    if (trouble === null) heartbeat.succeeded();
    else heartbeat.missed(trouble, BAD_READS_MAX);
    return 'settled';
  };
  return { trouble: () => heartbeat.trouble, close: repeatProbe(READ_MS, probe) };
}

function troubleOf({ connection, pointsAtPort, poolPort }: Observed<MinerFacts>): string | null {
  if (pointsAtPort !== null && pointsAtPort !== poolPort) return `it points at port ${pointsAtPort}`;
  if (connection === 'unreachable') return 'it says that it cannot reach the pool';
  return connection === 'unauthorized' ? 'the pool refuses its login' : null;
}
