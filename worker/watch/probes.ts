import {
  daemonMember,
  type Member,
  minerMembers,
  peerMembers,
  poolMember,
  type Stack,
} from '../components/stack.ts';
import { type DaemonProbe, daemonProbe } from './daemon-probe.ts';
import { Heartbeat, type Trouble } from './heartbeat.ts';
import { minerProbe } from './miner-probe.ts';
import { type PoolProbe, poolProbe } from './pool-probe.ts';
import { type Probe, type ProbeResult, repeatProbe } from './probe.ts';
import { processProbe } from './process-probe.ts';

/** The probes of a stack: of each component that should be running, and of the work between them. */
export interface StackProbes {
  /** Probes exactly these components from now on. */
  setTargets(stack: Stack, components: ReadonlySet<string>): void;
  /** The troubles of the moment, by component. */
  troubles(): ReadonlyMap<string, Trouble>;
  close(): void;
}

/** A probe, and the component that it is of. */
interface ComponentProbe {
  component: string;
  probe: Probe;
}

/** A pool may need a moment after each block; one that stays behind works on stale jobs. */
const BEHIND_MS = 2_000;
const COMPARE_MS = 250;

/** `onChange` is called whenever a component gets into trouble or out of it. */
export function openProbes(onChange: () => void): StackProbes {
  let targets = '';
  let probes: ComponentProbe[] = [];
  const close = () => {
    for (const { probe } of probes) probe.close();
    probes = [];
  };
  return {
    setTargets(stack, components) {
      const wanted = JSON.stringify([[...components].sort(), stack.environment]);
      if (wanted === targets) return;
      targets = wanted;
      close();
      probes = openAll(stack, components, onChange);
    },
    troubles() {
      const found = probes.flatMap(({ component, probe }) => {
        const trouble = probe.trouble();
        return trouble ? [[component, trouble] as const] : [];
      });
      // Of several troubles of one component the first one noticed tells when it began.
      return new Map(found.sort(([, one], [, other]) => other.noticedAt - one.noticedAt));
    },
    close,
  };
}

function openAll(stack: Stack, components: ReadonlySet<string>, onChange: () => void): ComponentProbe[] {
  const wanted = <M extends Member>(members: readonly M[]) =>
    members.filter(({ ref }) => components.has(ref.name));
  const [daemon] = wanted([daemonMember(stack)]).map((member) => daemonProbe(member, onChange));
  const [pool] = wanted([poolMember(stack)]).map((member) => poolProbe(member, onChange));
  const named = (member: Member, probe: Probe) => ({ component: member.ref.name, probe });
  const daemonOf = daemonMember(stack);
  const poolOf = poolMember(stack);
  return [
    ...wanted([...peerMembers(stack), daemonOf, poolOf, ...minerMembers(stack)]).map((member) =>
      named(member, processProbe(member, onChange)),
    ),
    ...wanted(peerMembers(stack)).map((member) => named(member, daemonProbe(member, onChange))),
    ...wanted(minerMembers(stack)).map((member) => named(member, minerProbe(member, onChange))),
    ...(daemon ? [named(daemonOf, daemon)] : []),
    ...(pool ? [named(poolOf, pool)] : []),
    ...(daemon && pool ? [named(poolOf, workProbe(daemon, pool, onChange))] : []),
  ];
}

/** Whether the pool's jobs build on the daemon's tip. */
function workProbe(daemon: DaemonProbe, pool: PoolProbe, onChange: () => void): Probe {
  const heartbeat = new Heartbeat(onChange);
  const compare = async (): Promise<ProbeResult> => {
    const [tip, built] = [daemon.tip(), pool.previousBlockHash()];
    if (daemon.trouble() || pool.trouble() || tip === null || built === null) return 'settled';
    if (tip === built) heartbeat.succeeded();
    else heartbeat.missed(`its job builds on ${built}, the daemon's tip is ${tip}`, BEHIND_MS / COMPARE_MS);
    return 'settled';
  };
  return { trouble: () => heartbeat.trouble, close: repeatProbe(COMPARE_MS, compare) };
}
