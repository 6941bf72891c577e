import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { takePort } from '../../../drill/squatter.ts';
import { type Davylamp, startDavylamp } from '../../support/davylamp.ts';
import { visit } from './visitor.ts';

const HEALING_MS = 60_000;

/**
 * One targeted attempt, a minute of waiting, one more look: what is to be seen of it stays long enough. A stack is
 * only reset where somebody says so.
 */
const SETTINGS = {
  maxRecoveryAttempts: 1,
  recoveryBackoffSeconds: [60],
  crashLoop: { maxCrashes: 20 },
  strategies: { cascadingFailure: { action: 'escalate' } },
};

/** Davylamp with a stack whose ports others may take, and a browser that is signed in. */
export async function openStack() {
  const settingsFile = join(tmpdir(), `davy-pages-${process.pid}.json`);
  onTestFinished(() => rm(settingsFile, { force: true }));
  await writeFile(settingsFile, JSON.stringify(SETTINGS));
  const davylamp = await startDavylamp({ settingsFile });
  const squatter = openSquatter();
  onTestFinished(() => squatter.release());
  const { page, sins } = await visit({ url: davylamp.url, key: davylamp.apiKey });
  page.setDefaultTimeout(HEALING_MS);
  return { davylamp, squatter, page, sins };
}

/** Holds ports as another program would. */
function openSquatter() {
  let held: (() => Promise<void>)[] = [];
  return {
    async take(ports: readonly number[]) {
      held.push(...(await Promise.all(ports.map(takePort))));
    },
    async release() {
      const releases = held;
      held = [];
      await Promise.all(releases.map((release) => release()));
    },
  };
}
type Squatter = ReturnType<typeof openSquatter>;

export async function killPool({ pidsOf }: Davylamp): Promise<void> {
  const [pid] = await pidsOf('pool');
  if (pid === undefined) throw new Error('no pool runs');
  process.kill(pid, 'SIGKILL');
}

/** The pool dies while every port that it may have is taken: the first attempt cannot help. */
export async function breakPool(davylamp: Davylamp, squatter: Squatter): Promise<void> {
  await killPool(davylamp);
  await squatter.take([davylamp.ports.stratum, ...davylamp.ports.stratumFallbacks]);
}
