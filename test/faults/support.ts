import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { davylampOver } from '../../cli/drill/davylamp.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import type { TheatreSource } from '../../drill/drill.ts';
import type { Theatre } from '../../drill/fault.ts';
import { createLab, endStack } from '../../drill/lab.ts';
import { createLiarLab } from '../../drill/liar/lab.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { startDavylamp } from '../support/davylamp.ts';

/** What a drill in CI cannot wait for: fifteen seconds between two looks, and up to a minute between two attempts. */
const HASTE = { detectionIntervalSeconds: 2, recoveryBackoffSeconds: [1] };
const SETUP_MS = 120_000;

/** A Davylamp in a hurry, and two stacks to break: an ordinary one, and one with liars in the middle. */
export async function stages(): Promise<{ ordinary: TheatreSource; liars: TheatreSource }> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const settingsFile = join(folder, 'settings.json');
  await writeFile(settingsFile, JSON.stringify({ ...DEFAULT_SETTINGS, ...HASTE }));
  const stacks: Stack[] = [];
  // Registered before Davylamp's own end, and so done after it: a watch that lives would start them again.
  onTestFinished(async () => {
    for (const stack of stacks) await endStack(stack);
  });
  const api = await startDavylamp({ settingsFile });
  const dataDir = join(dirname(api.labDirectory), 'data');
  const ordinary = await createLab(api.labDirectory, 'ordinary', dataDir);
  const liars = await createLiarLab(api.labDirectory, 'liars', dataDir);
  stacks.push(ordinary, liars.stack);
  const source = (part: Pick<Theatre, 'stack' | 'liars'>): TheatreSource => {
    const { environment, directory } = part.stack;
    const davylamp = davylampOver(api, environment.name, directory);
    return {
      theatre: { ...part, davylamp },
      async open() {
        await davylamp.run('mining-infrastructure-setup', 'a test', SETUP_MS);
      },
      async close() {
        await davylamp.run('mining-stack-stop', 'a test', SETUP_MS);
      },
    };
  };
  return { ordinary: source({ stack: ordinary, liars: null }), liars: source(liars) };
}
