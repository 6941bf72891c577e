import { allFacts, type Observation } from '../../../core/observation.ts';
import type { Action } from '../../../core/strategy.ts';
import type { ResetProgress } from '../../../worker/reset/host.ts';
import { down, stackWith } from '../../core/fixtures/observation.ts';
import { CHAIN, Files, LOG } from './reset-host.ts';

export const COMPONENTS = ['daemon', 'pool', 'miner-1'] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** How a stage goes that acts on the host. */
export const FATES = [
  'passes',
  'fails',
  'breaks',
  'babbles',
  'throws',
  'slow',
  'hangs',
  'lingers',
  'crashes',
] as const;
export type Fate = (typeof FATES)[number];

const LASTS_MS: Partial<Record<Fate, number>> = { slow: 80_000, hangs: 3_600_000, lingers: 3_600_000 };

/** What a stage left on the host under the id of its attempt: whoever comes again finds it. */
export interface Mark {
  fate: Fate;
  endsMs: number;
}

interface Process {
  isExcused: boolean;
}

/** A mining host of one environment: what runs there, and what was done to it under which attempt. */
export class Host {
  private readonly processes: Record<ComponentName, Process[]> = {
    daemon: [{ isExcused: false }],
    pool: [{ isExcused: false }],
    'miner-1': [{ isExcused: false }],
  };
  /** Starts that will come to nothing. */
  stubborn = 0;
  readonly marks = new Map<string, Mark>();
  /** How often each attempt had its effect. */
  readonly effects = new Map<string, number>();
  fates: Fate[] = [];
  readonly files = new Files();
  /** How far the reset of each attempt has come. */
  readonly resets = new Map<string, ResetProgress>();
  /** Whether what an attempt has done before is looked at; one that does not is broken. */
  looksBeforeActing = true;
  /** Whether a component that runs is adopted rather than started once more; a host that does not is broken. */
  adopts = true;
  private readonly object: (rule: string) => void;

  constructor(object: (rule: string) => void) {
    this.object = object;
  }

  /** The effect of a stage, once for each attempt: the guard is on the host itself. */
  act(attemptId: string, nowMs: number): Mark {
    const known = this.marks.get(attemptId);
    if (known && this.looksBeforeActing) return known;
    this.effects.set(attemptId, (this.effects.get(attemptId) ?? 0) + 1);
    const fate = this.fates.shift() ?? 'passes';
    if (fate === 'breaks') this.break('daemon');
    const mark = { fate, endsMs: nowMs + (LASTS_MS[fate] ?? 400) };
    this.marks.set(attemptId, mark);
    return mark;
  }

  break(component: ComponentName): void {
    this.processes[component] = [];
  }

  isUp(component: ComponentName): boolean {
    return this.processes[component].length > 0;
  }

  /**
   * Starts one more process, and says whether it stays. `isExcused`: it was under way as its worker lost the stack,
   * and whoever has the stack now could not see it.
   */
  start(component: ComponentName, isExcused: boolean): boolean {
    if (this.stubborn > 0) {
      this.stubborn--;
      return false;
    }
    const processes = this.processes[component];
    processes.push({ isExcused });
    if (processes.filter((process) => !process.isExcused).length > 1)
      this.object(`I2: ${component} was started beside the one that runs`);
    if (component !== 'miner-1') this.files.begin(component === 'daemon' ? CHAIN : LOG);
    return true;
  }

  observe(): Observation {
    const trouble = (component: ComponentName) => (this.isUp(component) ? {} : down(1));
    const observation = stackWith({
      daemon: this.isUp('daemon') ? {} : { ...down(1), rpc: null, template: null },
      pool: trouble('pool'),
      miner: trouble('miner-1'),
    });
    return observation;
  }

  isHealthy(): boolean {
    return allFacts(this.observe()).every(({ process }) => process.state === 'running');
  }
}

export function componentOf(action: Action): ComponentName | null {
  return COMPONENTS.find((name) => 'component' in action && action.component === name) ?? null;
}
