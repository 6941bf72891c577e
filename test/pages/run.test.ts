import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { hasCommand, needs } from '../support/packages.ts';
import { portrait } from './support/portrait.ts';
import { breakPool, openStack } from './support/stack.ts';

const idOf = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? '';
const stateOf = (page: Page) => page.locator('.run-facts .badge');

/** From the stacks, where the trouble is told, to the run that repairs it. */
/** `bad`: somebody was called. The watch may be at work on the same fault again, which is a `warn`. */
async function followTrouble(page: Page, tone: 'bad' | 'warn'): Promise<void> {
  await page.goto('/');
  await page.locator(`.banner.${tone}`).getByRole('link', { name: 'Run', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Mining stack recovery' }).waitFor();
}

const tools = hasCommand('chromium') ? needs('litecoind') : needs('chromium');

tools.describe('with a real stack', () => {
  test('a run is started from the page, and is seen to heal', { timeout: 240_000 }, async () => {
    const { davylamp, squatter, page } = await openStack();
    await squatter.take([davylamp.ports.stratum]);
    await page.getByRole('link', { name: 'Start a run' }).first().click();
    await page.getByLabel('What it is for').fill('Set up the whole mining stack <script>alert(1)</script>');
    await portrait(page, 'start');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { level: 1, name: 'Mining infrastructure setup' }).waitFor();
    // What a reader opens stays open while the page changes around it.
    const opened = page.locator('.waterfall details').filter({ hasText: 'Start pool' }).first();
    await opened.locator('summary').click();
    expect(await opened.locator('summary').textContent()).not.toContain('pool started');

    await page.locator('.node.current').first().waitFor();
    await stateOf(page).getByText('done').waitFor();
    expect(await opened.getAttribute('open')).not.toBeNull();
    // So does the focus, and what has it changes all the same.
    expect(await opened.locator('summary').evaluate((summary) => summary.matches(':focus'))).toBe(true);
    await opened.locator('summary').getByText('pool started').waitFor();
    await opened.locator('summary').click();
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
    const { davylamp, squatter, page } = await openStack();
    await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();
    await page.getByText('hash rate').waitFor();
    await portrait(page, 'stacks');

    await breakPool(davylamp, squatter);
    await page.locator('.banner.warn').getByText('Attempt 1 did not help').waitFor();
    await portrait(page, 'stacks-repairing');
    await followTrouble(page, 'warn');
    await page.locator('.banner time[data-told=until]').waitFor();
    await portrait(page, 'run-waiting');
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.getByRole('heading', { name: 'This needs you' }).waitFor();
    await portrait(page, 'run-escalated');
    await page.goto('/');
    await page.locator('.banner.bad').getByText('Do next').waitFor();
    await portrait(page, 'stacks-called');

    await followTrouble(page, 'bad');
    await squatter.release();
    await page.getByRole('button', { name: 'Resume' }).click();
    await stateOf(page).getByText('done').waitFor();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Nothing needs you' }).waitFor();

    await breakPool(davylamp, squatter);
    await page.locator('.banner.warn').getByText('Attempt 1 did not help').waitFor();
    await followTrouble(page, 'warn');
    await page.getByText('Cancel', { exact: true }).click();
    await page.getByRole('button', { name: 'Yes, cancel' }).click();
    await stateOf(page).getByText('cancelled').waitFor();
    expect(await davylamp.read(idOf(page))).toMatchObject({ status: 'cancelled' });
  });
});
