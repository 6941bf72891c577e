import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { davylampOver } from '../../cli/drill/davylamp.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import type { TargetSource } from '../../drill/drill.ts';
import type { FaultTarget } from '../../drill/fault.ts';
import { createLab, endStack } from '../../drill/lab.ts';
import { createProxyLab } from '../../drill/proxy/lab.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { startDavylamp } from '../support/davylamp.ts';

/** What a drill in CI cannot wait for: fifteen seconds between two looks, and up to a minute between two attempts. */
const SHORT_INTERVALS = { detectionIntervalSeconds: 2, recoveryBackoffSeconds: [1] };
const SETUP_MS = 120_000;

/** A Davylamp in a hurry, and two stacks to break: an ordinary one, and one with fault proxies in it. */
export async function faultTargets(): Promise<{ ordinary: TargetSource; proxied: TargetSource }> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-faults-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const settingsFile = join(folder, 'settings.json');
  await writeFile(settingsFile, JSON.stringify({ ...DEFAULT_SETTINGS, ...SHORT_INTERVALS }));
  const stacks: Stack[] = [];
  // Registered before Davylamp's own end, and so done after it: a watch that lives would start them again.
  onTestFinished(async () => {
    for (const stack of stacks) await endStack(stack);
  });
  const api = await startDavylamp({ settingsFile });
  const dataDir = join(dirname(api.labDirectory), 'data');
  const ordinary = await createLab(api.labDirectory, 'ordinary', dataDir);
  const proxied = await createProxyLab(api.labDirectory, 'proxied', dataDir);
  stacks.push(ordinary, proxied.stack);
  const source = (part: Pick<FaultTarget, 'stack' | 'proxies'>): TargetSource => {
    const { environment, directory } = part.stack;
    const davylamp = davylampOver(api, environment.name, directory);
    return {
      target: { ...part, davylamp },
      async open() {
        await davylamp.run('mining-infrastructure-setup', 'a test', SETUP_MS);
      },
      async close() {
        await davylamp.run('mining-stack-stop', 'a test', SETUP_MS);
      },
    };
  };
  return { ordinary: source({ stack: ordinary, proxies: null }), proxied: source(proxied) };
}
