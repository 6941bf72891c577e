import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { takePort } from '../../drill/squatter.ts';
import { type Davylamp, startDavylamp } from '../support/davylamp.ts';
import { hasCommand, needs } from '../support/packages.ts';
import { portrait } from './support/portrait.ts';
import { visit } from './support/visitor.ts';

const HEALING_MS = 60_000;

/** One targeted attempt, a minute of waiting, one more look: what is to be seen of it stays long enough. */
const SETTINGS = { maxRecoveryAttempts: 1, recoveryBackoffSeconds: [60], crashLoop: { maxCrashes: 20 } };

/** Davylamp with a stack whose ports others may take, and a browser that is signed in. */
async function started() {
  const settingsFile = join(tmpdir(), `davy-pages-${process.pid}.json`);
  onTestFinished(() => rm(settingsFile, { force: true }));
  await writeFile(settingsFile, JSON.stringify(SETTINGS));
  const davylamp = await startDavylamp({ settingsFile, resettable: false });
  const squatter = openSquatter();
  onTestFinished(() => squatter.release());
  const { page } = await visit({ url: davylamp.url, key: davylamp.apiKey });
  page.setDefaultTimeout(HEALING_MS);
  return { davylamp, squatter, page };
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

const idOf = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? '';
const stateOf = (page: Page) => page.locator('.run-facts .badge');

/** The pool dies while every port that it may have is taken: the first attempt cannot help. */
async function breakPool({ ports, pidsOf }: Davylamp, squatter: Squatter): Promise<void> {
  const [pid] = await pidsOf('pool');
  if (pid === undefined) throw new Error('no pool runs');
  process.kill(pid, 'SIGKILL');
  await squatter.take([ports.stratum, ...ports.stratumFallbacks]);
}

/** From the stacks, where the trouble is told, to the run that repairs it. */
async function followTrouble(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('.banner').getByRole('link', { name: 'Run', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Mining stack recovery' }).waitFor();
}

const tools = hasCommand('chromium') ? needs('litecoind') : needs('chromium');

tools.describe('with a real stack', () => {
  test('a run is started from the page, and is seen to heal', { timeout: 240_000 }, async () => {
    const { davylamp, squatter, page } = await started();
    await squatter.take([davylamp.ports.stratum]);
    await page.getByRole('link', { name: 'Start a run' }).first().click();
    await page.getByLabel('What it is for').fill('Set up the whole mining stack <script>alert(1)</script>');
    await portrait(page, 'start');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { level: 1, name: 'Mining infrastructure setup' }).waitFor();
    // What a reader opens stays open while the page changes around it.
    const first = page.locator('.waterfall details').first();
    await first.locator('summary').click();

    await page.locator('.node.current').first().waitFor();
    await stateOf(page).getByText('done').waitFor();
    expect(await first.getAttribute('open')).not.toBeNull();
    const run = await davylamp.read(idOf(page));
    expect(run.incidents).toMatchObject([{ failure: 'stratum_port_conflict', status: 'resolved' }]);
    const taken = await page.locator('.edge.taken text.taken').allTextContents();
    expect(taken).toEqual(expect.arrayContaining(['connection failed', 'recovery successful']));
    await page.getByRole('link', { name: 'The pool cannot listen: another program holds its' }).waitFor();
    expect(await page.locator('blockquote').textContent()).toContain('<script>alert(1)</script>');

    const attempt = page.locator('.waterfall li.recovery details').first();
    await attempt.locator('summary').click();
    await attempt.getByText('What was done').waitFor();
    await attempt.getByText(/Move the pool to Stratum port \d+/).waitFor();
    await attempt.locator('summary').click();
    await portrait(page, 'run');
    await page.goto('/runs');
    await page.getByRole('link', { name: 'mining-infrastructure-setup' }).first().waitFor();
    await portrait(page, 'runs');
  });

  test('a person is called, and takes a hand in it', { timeout: 300_000 }, async () => {
    const { davylamp, squatter, page } = await started();
    await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    await page.getByText('hash rate').waitFor();
    await portrait(page, 'stacks');

    await breakPool(davylamp, squatter);
    await page.locator('.banner.warn').getByText('Attempt 1 did not help').waitFor();
    await portrait(page, 'stacks-repairing');
    await followTrouble(page);
    await page.locator('.banner time[data-told=until]').waitFor();
    await portrait(page, 'run-waiting');
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.getByRole('heading', { name: 'This needs you' }).waitFor();
    await portrait(page, 'run-escalated');
    await page.goto('/');
    await page.locator('.banner.bad').getByText('Do next').waitFor();
    await portrait(page, 'stacks-called');

    await followTrouble(page);
    await squatter.release();
    await page.getByRole('button', { name: 'Resume' }).click();
    await stateOf(page).getByText('done').waitFor();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();

    await breakPool(davylamp, squatter);
    await page.locator('.banner.warn').getByText('Attempt 1 did not help').waitFor();
    await followTrouble(page);
    await page.getByText('Cancel', { exact: true }).click();
    await page.getByRole('button', { name: 'Yes, cancel' }).click();
    await stateOf(page).getByText('cancelled').waitFor();
    expect(await davylamp.read(idOf(page))).toMatchObject({ status: 'cancelled' });
  });
});
