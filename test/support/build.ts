import { buildPrograms } from '../../bin/build.js';

/** Vitest's global setup: every process that a test starts runs what is in the sources now. */
export default async function setup(): Promise<void> {
  await buildPrograms();
}
