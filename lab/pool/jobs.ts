import type { Job } from './job.ts';

const MAX_LIVE_JOBS = 16;
const MAX_STALE_IDS = 64;
const MAX_SEEN_SHARES = 65_536;

/** Which jobs may still be worked on, and which shares have been seen. */
export interface JobBook {
  /** The newest job; undefined until the daemon has given the first template. */
  current(): Job | undefined;
  /** Takes a new job; true when it builds on another tip, so that all earlier jobs became stale. */
  add(job: Job): boolean;
  find(id: string): Job | 'stale' | undefined;
  /** Remembers a share's header; false when it was known. Forgotten with the tip it builds on. */
  remember(header: string): boolean;
}

/** An empty book. Its memory is bounded: 16 jobs, 64 stale ids and 65,536 shares. */
export function createJobBook(): JobBook {
  const live = new Map<string, Job>();
  const stale = new Set<string>();
  const seen = new Set<string>();
  let current: Job | undefined;

  const retire = (id: string) => {
    live.delete(id);
    stale.add(id);
    trim(stale, MAX_STALE_IDS);
  };

  return {
    current: () => current,
    find: (id) => live.get(id) ?? (stale.has(id) ? 'stale' : undefined),
    add(job) {
      const clean = current?.template.previousblockhash !== job.template.previousblockhash;
      if (clean) {
        for (const id of live.keys()) retire(id);
        seen.clear();
      }
      current = job;
      live.set(job.id, job);
      for (const id of [...live.keys()].slice(0, -MAX_LIVE_JOBS)) retire(id);
      return clean;
    },
    remember(header) {
      if (seen.has(header)) return false;
      seen.add(header);
      trim(seen, MAX_SEEN_SHARES);
      return true;
    },
  };
}

function trim(oldestFirst: Set<string>, size: number): void {
  for (const item of oldestFirst) {
    if (oldestFirst.size <= size) return;
    oldestFirst.delete(item);
  }
}
