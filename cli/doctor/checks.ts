import type { Config } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import { withDeadline } from '../../worker/host/deadline.ts';
import { type Finding, problem } from './finding.ts';
import { lookAtClock } from './look/clock.ts';
import { lookAtDavylamp } from './look/davylamp.ts';
import { lookAtFiles } from './look/files.ts';
import { lookAtMachine } from './look/machine.ts';
import { lookAtPostgres } from './look/postgres.ts';
import { lookAtQueue } from './look/queue.ts';
import { lookAtStacks } from './look/stacks.ts';

export interface DoctorContext {
  config: Config;
  /** Where a stack is looked for first. */
  directory: string;
}

type Look = (context: DoctorContext) => Promise<Finding[]>;

const TIMEOUT_MS = 15_000;

/** What is looked at, in the order in which it is told. */
const LOOKS: Readonly<Record<string, Look>> = {
  machine: lookAtMachine,
  clock: lookAtClock,
  postgres: lookAtPostgres,
  queue: lookAtQueue,
  files: lookAtFiles,
  davylamp: lookAtDavylamp,
  stacks: lookAtStacks,
};

/** Looks at everything at once; what cannot be looked at is a finding too. */
export async function runChecks(context: DoctorContext): Promise<Finding[]> {
  const found = await Promise.all(
    Object.entries(LOOKS).map(async ([name, look]) => {
      try {
        return await withDeadline(look(context), TIMEOUT_MS, `the look at ${name}`);
      } catch (error) {
        return [problem(name, `it could not be looked at: ${messageOf(error)}`, 'Run davy doctor again.')];
      }
    }),
  );
  return found.flat();
}
