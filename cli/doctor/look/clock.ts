import { setTimeout as pause } from 'node:timers/promises';
import { type Finding, ok, warning } from '../finding.ts';

const LOOK_MS = 500;
const STEP_MS_MAX = 100;

/** Whether the clock of this machine jumps while it is looked at. That of the database is looked at with Postgres. */
export async function lookAtClock(): Promise<Finding[]> {
  const before = ahead();
  await pause(LOOK_MS);
  const stepMs = Math.round(ahead() - before);
  const now = new Date().toISOString();
  if (Math.abs(stepMs) <= STEP_MS_MAX) return [ok('clock', `${now}, and it runs evenly`)];
  const mend = 'Let one service set it (`timedatectl`); under WSL2 a sleep of Windows does this.';
  return [warning('clock', `it jumped by ${stepMs} ms while it was looked at`, mend)];
}

/** How far the clock on the wall is ahead of the one that never jumps, in ms. */
function ahead(): number {
  return Date.now() - performance.now();
}
