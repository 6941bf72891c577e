import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { FAILPOINTS, type Failpoint } from '../../../core/failpoint.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import type { Service } from './service.ts';
import type { Fault, World } from './world.ts';

const POINTS: readonly Failpoint[] = FAILPOINTS.filter((point) => point !== 'reset');
const ARMED_MS_MAX = 3_000;
const LOOK_MS = 10;
/** A blocked event loop ends its process a little earlier than this. */
const BLOCKED_MS_MAX = 17_000;

const apis = ({ rig }: World): readonly Service[] => rig.apis;
const workers = ({ rig }: World): readonly Service[] => rig.workers;

export const PROCESS_FAULTS: readonly Fault[] = [
  kill('worker killed', workers),
  kill('API killed', apis),
  freeze('worker frozen', workers),
  freeze('API frozen', apis),
  atFailpoint('killed at a failpoint', 'kill'),
  atFailpoint('killed at a failpoint', 'kill'),
  atFailpoint('frozen at a failpoint', 'stop'),
  atFailpoint('blocked at a failpoint', 'block'),
];

function kill(name: string, among: (world: World) => readonly Service[]): Fault {
  return {
    name,
    happen: async ({ world, chance }) => chance.pick(among(world)).signal('SIGKILL'),
  };
}

function freeze(name: string, among: (world: World) => readonly Service[]): Fault {
  return {
    name,
    async happen({ world, chance, hold }) {
      const service = chance.pick(among(world));
      if (!service.signal('SIGSTOP')) return false;
      await hold();
      service.signal('SIGCONT');
      return true;
    },
  };
}

/** Whoever is the next to come by one of the worst places meets its fate there. */
function atFailpoint(name: string, verb: 'kill' | 'stop' | 'block'): Fault {
  return {
    name,
    async happen({ world, chance, pace, hold }) {
      const order = verb === 'block' ? `block ${pace.blockMs}` : verb;
      const file = await world.rig.arm(chance.pick(POINTS), order);
      const fired = await waitUntil(() => !existsSync(file), {
        timeoutMs: ARMED_MS_MAX,
        intervalMs: LOOK_MS,
        what: 'somebody comes by',
      }).catch(() => false);
      await rm(file, { force: true });
      if (fired && verb === 'block') await pause(Math.min(pace.blockMs, BLOCKED_MS_MAX));
      if (fired && verb === 'stop') await hold();
      thaw(world);
      return fired;
    },
  };
}

/** Nobody else freezes services at the same time: who is frozen was so at a failpoint. */
function thaw(world: World): void {
  for (const service of [...apis(world), ...workers(world)])
    if (service.isFrozen()) service.signal('SIGCONT');
}
