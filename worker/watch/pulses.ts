import {
  daemonMember,
  type Member,
  minerMembers,
  peerMembers,
  poolMember,
  type Stack,
} from '../components/stack.ts';
import { type DaemonPulse, daemonPulse } from './daemon-pulse.ts';
import { Heart, type Trouble } from './heart.ts';
import { minerPulse } from './miner-pulse.ts';
import { type PoolPulse, poolPulse } from './pool-pulse.ts';
import { processPulse } from './process-pulse.ts';
import { type Beat, beating, type Pulse } from './pulse.ts';

/** The heartbeats of a stack: of each component that should be running, and of the work between them. */
export interface Pulses {
  /** Feels exactly these components from now on. */
  feel(stack: Stack, components: ReadonlySet<string>): void;
  /** The troubles of the moment, by component. */
  troubles(): ReadonlyMap<string, Trouble>;
  close(): void;
}

/** A pulse, and whose it is. */
interface Felt {
  component: string;
  pulse: Pulse;
}

/** A pool may need a moment after each block; one that stays behind works on stale jobs. */
const BEHIND_MS = 2_000;
const COMPARE_MS = 250;

/** `onChange` is called whenever a component gets into trouble or out of it. */
export function openPulses(onChange: () => void): Pulses {
  let felt = '';
  let pulses: Felt[] = [];
  const close = () => {
    for (const { pulse } of pulses) pulse.close();
    pulses = [];
  };
  return {
    feel(stack, components) {
      const wanted = JSON.stringify([[...components].sort(), stack.environment]);
      if (wanted === felt) return;
      felt = wanted;
      close();
      pulses = openAll(stack, components, onChange);
    },
    troubles() {
      const found = pulses.flatMap(({ component, pulse }) => {
        const trouble = pulse.trouble();
        return trouble ? [[component, trouble] as const] : [];
      });
      // Of several troubles of one component the first one noticed tells when it began.
      return new Map(found.sort(([, one], [, other]) => other.noticedAt - one.noticedAt));
    },
    close,
  };
}

function openAll(stack: Stack, components: ReadonlySet<string>, onChange: () => void): Felt[] {
  const wanted = <M extends Member>(members: readonly M[]) =>
    members.filter(({ ref }) => components.has(ref.name));
  const [daemon] = wanted([daemonMember(stack)]).map((member) => daemonPulse(member, onChange));
  const [pool] = wanted([poolMember(stack)]).map((member) => poolPulse(member, onChange));
  const named = (member: Member, pulse: Pulse) => ({ component: member.ref.name, pulse });
  const daemonOf = daemonMember(stack);
  const poolOf = poolMember(stack);
  return [
    ...wanted([...peerMembers(stack), daemonOf, poolOf, ...minerMembers(stack)]).map((member) =>
      named(member, processPulse(member, onChange)),
    ),
    ...wanted(peerMembers(stack)).map((member) => named(member, daemonPulse(member, onChange))),
    ...wanted(minerMembers(stack)).map((member) => named(member, minerPulse(member, onChange))),
    ...(daemon ? [named(daemonOf, daemon)] : []),
    ...(pool ? [named(poolOf, pool)] : []),
    ...(daemon && pool ? [named(poolOf, workPulse(daemon, pool, onChange))] : []),
  ];
}

/** Whether the pool's jobs build on the daemon's tip. */
function workPulse(daemon: DaemonPulse, pool: PoolPulse, onChange: () => void): Pulse {
  const heart = new Heart(onChange);
  const compare = async (): Promise<Beat> => {
    const [tip, built] = [daemon.tip(), pool.previousBlockHash()];
    if (daemon.trouble() || pool.trouble() || tip === null || built === null) return 'felt';
    if (tip === built) heart.good();
    else heart.missed(`its job builds on ${built}, the daemon's tip is ${tip}`, BEHIND_MS / COMPARE_MS);
    return 'felt';
  };
  return { trouble: () => heart.trouble, close: beating(COMPARE_MS, compare) };
}
