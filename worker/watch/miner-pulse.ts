import type { MinerSpec } from '../../core/environment.ts';
import type { MinerFacts } from '../../core/observation.ts';
import { minerKind } from '../components/index.ts';
import type { Observed } from '../components/kind.ts';
import type { Member } from '../components/stack.ts';
import { Heart } from './heart.ts';
import { type Beat, beating, type Pulse } from './pulse.ts';

/** Its words are read from its log: more often they would not be newer. */
const READ_MS = 1_000;
/** A miner that lost its pool for a moment finds it again by itself. */
const BAD_READS_MAX = 3;

/** Whether a miner says that it works: where it is sent and what it last said of its connection. */
export function minerPulse(member: Member<MinerSpec>, onChange: () => void): Pulse {
  const heart = new Heart(onChange);
  const beat = async (): Promise<Beat> => {
    const trouble = troubleOf(await minerKind(member).observe(member));
    if (trouble === null) heart.good();
    else heart.missed(trouble, BAD_READS_MAX);
    return 'felt';
  };
  return { trouble: () => heart.trouble, close: beating(READ_MS, beat) };
}

function troubleOf({ connection, pointsAtPort, poolPort }: Observed<MinerFacts>): string | null {
  if (pointsAtPort !== null && pointsAtPort !== poolPort) return `it points at port ${pointsAtPort}`;
  if (connection === 'unreachable') return 'it says that it cannot reach the pool';
  return connection === 'unauthorized' ? 'the pool refuses its login' : null;
}
