import { onTestFinished } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { openDatabase } from '../../../db/connection.ts';
import { registerEnvironment } from '../../../db/environments.ts';
import { migrate } from '../../../db/migrate.ts';
import { allMembers, observe } from '../../../worker/observe.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { want } from '../../support/wanted.ts';
import type { TestStack } from '../components/support/stack.ts';

/** Looks at a stack of which everything should be running. */
export async function lookerAt({ stack }: TestStack): Promise<() => Promise<Observation>> {
  const database = openDatabase(await freshDatabase(migrate));
  onTestFinished(() => database.close());
  const { environment: definition, directory: workingDirectory } = stack;
  const { id } = await registerEnvironment(database, { host: 'rig-1', workingDirectory, definition });
  await want(
    database,
    id,
    allMembers(stack).map(({ ref }) => ref.name),
  );
  return () => observe({ ...stack, environmentId: id }, database);
}

export async function lookAt(made: TestStack): Promise<Observation> {
  return await (await lookerAt(made))();
}
