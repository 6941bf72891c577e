import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { hasCommand, needs } from '../support/packages.ts';
import { portrait } from './support/portrait.ts';
import { breakPool, killPool, openStack } from './support/stack.ts';

const CONFLICT = 'The pool cannot listen: another program holds its Stratum port.';

const tools = hasCommand('chromium') ? needs('litecoind') : needs('chromium');

const idOf = (page: Page) => new URL(page.url()).pathname.split('/').at(-1) ?? '';
const stateOf = (page: Page) => page.locator('.run-facts .badge');

/** What a link of the page saves, and as what. */
async function downloaded(page: Page, link: string): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: link, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

tools.describe('with a real stack', () => {
  test('an incident is followed from its failure to its proof, and the stack is reset', {
    timeout: 400_000,
  }, async () => {
    const { davylamp, squatter, page, sins } = await openStack();
    await davylamp.untilFinished((await davylamp.post('mining-infrastructure-setup')).id);
    await page.goto('/incidents');
    await page.getByText('There are none.').waitFor();

    await breakPool(davylamp, squatter);
    await page.getByRole('link', { name: CONFLICT }).click();
    await page.getByRole('heading', { level: 1, name: CONFLICT }).waitFor();
    await page.locator('.banner.warn time[data-told=until]').waitFor();
    await page.getByText('The pool runs, but does not listen for miners?').waitFor();
    await page.getByText('No: its process was ended by SIGKILL.').waitFor();
    await page.getByText(/^No: its RPC answers: height \d+\.$/).waitFor();
    await portrait(page, 'incident-waiting');

    const address = page.url();
    const { runId } = (await (await davylamp.fetch(`/v1/incidents/${idOf(page)}`)).json()) as {
      runId: string;
    };
    await davylamp.fetch(`/v1/runs/${runId}/retry-now`, { method: 'POST' });
    await page.getByRole('heading', { name: 'This needs you' }).waitFor();
    await page.getByText('End the process that holds the Stratum port').waitFor();
    await portrait(page, 'incident-escalated');
    const report = await downloaded(page, 'Report');
    expect(report.name).toMatch(/^incident-lab-\d{4}-\d\d-\d\d-\w{6}\.md$/);
    expect(report.text).toContain('# lab on rig-1: pool: stratum_port_conflict');
    expect(JSON.parse((await downloaded(page, 'Report as JSON')).text)).toMatchObject({
      incident: { id: idOf(page), status: 'escalated' },
    });

    await squatter.release();
    await page.getByRole('button', { name: 'Resume the run' }).click();
    await stateOf(page).getByText('done').waitFor();
    await page.goto(address);
    await page.getByRole('heading', { name: 'The stack works again' }).waitFor();

    await killPool(davylamp);
    await page.goto('/incidents?status=resolved');
    // The run that was resumed found one as well, before this one.
    const found = page.getByRole('link', { name: 'The pool is not running.' });
    await found.nth(1).waitFor();
    await found.first().click();
    await page.getByRole('heading', { name: 'Repaired; nothing for you to do' }).waitFor();
    await page.locator('.timeline .stage.succeeded').first().waitFor();
    await page.locator('.timeline .recovery.succeeded summary').click();
    await page.getByText('Start the pool.').waitFor();
    await page.locator('.timeline .recovery.succeeded summary').click();
    await portrait(page, 'incident');
    await page.goto('/incidents');
    await page.getByRole('row', { name: CONFLICT }).getByText('left to a person').waitFor();
    await portrait(page, 'incidents');
    await page.goto('/recovery?days=1');
    await page.getByRole('row', { name: 'pool-disconnection' }).waitFor();
    await page.getByRole('img', { name: 'Time to detection over time' }).waitFor();

    await breakPool(davylamp, squatter);
    await page.goto('/');
    await page.locator('.banner.warn').getByText('Attempt 1 did not help').waitFor();
    await page.getByRole('link', { name: 'Reset…' }).click();
    await page.getByText('is at work on this stack').waitFor();
    await page.getByText('miner-1, then pool, then daemon').first().waitFor();
    await page.getByLabel('This deletes data').waitFor({ state: 'hidden' });
    await page.getByRole('radio', { name: 'Data Stop' }).check();
    await page.locator('.type:has(:checked)').getByText(`${davylamp.labDirectory}/daemon/regtest`).waitFor();
    await portrait(page, 'reset');
    const reset = page.getByRole('button', { name: 'Reset lab' });
    await reset.click();
    await page.getByRole('alert').getByText('wipes the chain').waitFor();
    await page.getByLabel('This deletes data').fill('attic');
    await reset.click();
    await page.getByRole('alert').getByText('does not say "lab"').waitFor();
    await page.getByLabel('This deletes data').fill('lab');
    await reset.click();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('[role=alert]').innerText()).toMatch(/at work|another run/i);
    expect(await page.getByRole('radio', { name: 'Data Stop' }).isChecked()).toBe(true);

    // A browser tells of each refusal: they are those of the API.
    expect(sins.consoleErrors.splice(0).map((text) => /status of (\d+)/.exec(text)?.[1])).toEqual([
      '428',
      '412',
      '409',
    ]);

    await squatter.release();
    await page.getByLabel('Cancel it and whatever waits here').check();
    await reset.click();
    await page.getByRole('heading', { level: 1, name: 'Environment reset' }).waitFor();
    await stateOf(page).getByText('done').waitFor();
    const { stages } = await davylamp.read(idOf(page));
    expect(stages).toMatchObject([{ decision: 'reset_completed' }]);
  });
});
