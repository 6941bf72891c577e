import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { ask, postRun, startApi, type TestApi } from '../api/support/api.ts';
import { manyIncidents } from '../db/fixtures/incidents.ts';
import { needs } from '../support/packages.ts';
import { freshDatabase } from '../support/postgres.ts';
import { portrait } from './support/portrait.ts';
import { visit } from './support/visitor.ts';

/** An API that looks back on so many incidents, spread over 60 days. */
async function withHistory(count: number): Promise<TestApi> {
  const databaseUrl = await freshDatabase(migrate);
  const api = await startApi({ databaseUrl });
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 1 }));
  const { body: run } = await postRun(api);
  const [{ id: environmentId } = { id: '' }] = await sql<{ id: string }[]>`select id from environments`;
  await manyIncidents(sql, { runId: run.id, environmentId, count, days: 60 });
  return api;
}

needs('chromium').describe('the recovery page', () => {
  test('tells the seven figures and draws them over time, stack by stack and period by period', {
    timeout: 120_000,
  }, async () => {
    const api = await withHistory(2_400);
    const { page } = await visit(api, { to: '/recovery' });
    const { body } = await ask(api, '/v1/recovery/metrics?environment=lab');
    const [figures] = body.environments;
    const tile = (name: string) =>
      page.locator('.tiles > div', { hasText: name }).locator('strong').innerText();
    expect(await tile('Recovery attempts')).toBe(
      figures.recoveryAttempts.total.toString().replace(/(?=...$)/, '\u202f'),
    );
    expect(await tile('Success rate')).toBe(`${Math.round(figures.successRate * 100)} %`);
    expect(await tile('Time to detection')).toBe(`${figures.timeToDetectionMs.mean} ms`);
    await page.getByRole('img', { name: 'Time to recovery over time' }).waitFor();
    expect(await page.locator('#recovery-time-desc').textContent()).toContain('The median lay between');
    expect(await page.locator('.picture .dot').count()).toBeGreaterThan(50);
    await portrait(page, 'recovery');

    await page.getByText('As a table').first().click();
    await page.getByRole('columnheader', { name: '95 in 100 below' }).first().waitFor();
    await page.getByLabel('Period').selectOption('90');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('in 2\u202f400 incidents').waitFor();
  });

  test('says so where nothing broke', async () => {
    const api = await startApi();
    const { page } = await visit(api, { to: '/recovery?days=7' });
    await page.getByRole('heading', { name: 'Nothing broke' }).waitFor();
    const statusOf = async (query: string) => (await ask(api, `/recovery?${query}`)).status;
    expect(await statusOf('days=3')).toBe(422);
    expect(await statusOf('stack=rig-1/attic')).toBe(404);
  });
});
