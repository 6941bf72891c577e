import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import type { FailureType } from '../../core/failure.ts';
import type { EnvironmentHealth } from '../../core/health.ts';
import { registerEnvironment, registerHost } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { createKey } from '../../db/keys.ts';
import { endMaintenance, setMaintenance } from '../../db/maintenance.ts';
import { HOST, postRun, startApi, type TestApi } from '../api/support/api.ts';
import { driveRun } from '../api/support/drive.ts';
import { needs } from '../support/packages.ts';
import { want } from '../support/wanted.ts';
import { portrait } from './support/portrait.ts';
import { visit } from './support/visitor.ts';

/** A stack as its worker registers it, and what the watch saw of it. */
async function addStack(
  api: TestApi,
  name: string,
  { host = HOST, miners = 1, failure = null as FailureType | null } = {},
): Promise<string> {
  const parsed = parseEnvironment({
    name,
    daemon: {},
    pool: {},
    miners: Array.from({ length: miners }, () => ({})),
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const workingDirectory = join(api.root, name);
  const { id } = await registerEnvironment(api.database, {
    host,
    workingDirectory,
    definition: parsed.environment,
  });
  await want(api.database, id, ['daemon', 'pool']);
  await recordHealth(api.database, id, seen(miners, failure), { lookEverySeconds: 3600 });
  return id;
}

function seen(miners: number, failure: FailureType | null): EnvironmentHealth {
  const up = { desired: 'running', state: 'running', pid: 7, detail: null } as const;
  return {
    healthy: failure === null,
    diagnoses: failure
      ? [{ component: 'pool', role: 'pool', failure, evidence: ['nobody listens on port 3333'] }]
      : [],
    components: [
      { ...up, name: 'daemon', role: 'daemon', figures: { height: 840_123, peers: 8 } },
      { ...up, name: 'pool', role: 'pool', figures: { stratumPort: 3333 }, failure },
      ...Array.from({ length: miners }, (_, index) => ({
        ...up,
        name: `miner-${index + 1}`,
        role: 'miner' as const,
        figures: { hashrate: 1.25e6, acceptedShares: 1000 + index, rejectedShares: 2 },
      })),
    ],
  };
}

async function change(api: TestApi, statement: ReturnType<typeof sql>): Promise<void> {
  await api.database.query((db) => db.execute(statement));
}

/** A run in environment `lab` that ends with a call for a person. */
async function callPerson(api: TestApi): Promise<void> {
  const { body } = await postRun(api);
  await driveRun(api.database, body.id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'timeout', message: 'no end after 300 s' } },
    { type: 'begun' },
    {
      type: 'recovery_finished',
      outcome: {
        kind: 'hopeless',
        escalation: { reason: 'critical_error', detail: 'The block data is damaged.' },
      },
    },
  ]);
}

needs('chromium').describe('the stacks', () => {
  test('each trouble is told with what to do about it, and what is well is out of the way', {
    timeout: 120_000,
  }, async () => {
    const api = await startApi();
    await callPerson(api);
    for (let number = 1; number <= 6; number++)
      await addStack(api, `quiet-${number}`, { miners: number * 2 });
    const gone = 'rig-2';
    await registerHost(api.database, { name: gone, workerId: 'w', roots: [api.root] });
    await addStack(api, 'lonely', { host: gone });
    await change(api, sql`update hosts set seen_at = now() - interval '3 minutes' where name = ${gone}`);
    const old = await addStack(api, 'unseen');
    await change(api, sql`update environments set health_at = now() - interval '4 hours' where id = ${old}`);
    const broken = await addStack(api, 'broken', { failure: 'stratum_not_listening' });
    await change(
      api,
      sql`update environments set health = health || '{"since": "2026-01-01T00:00:00.000Z"}' where id = ${broken}`,
    );
    const kept = await addStack(api, 'kept');
    await setMaintenance(api.database, kept, { reason: 'a new disk', by: 'somebody' });
    // The host of the others stays alive, however long this takes.
    await change(api, sql`update hosts set seen_at = now() + interval '1 hour' where name = ${HOST}`);

    const { page } = await visit(api);
    const item = (stack: string) =>
      page.locator('.banner li').filter({ has: page.getByText(stack, { exact: true }) });
    await item('lab').getByText('Automatic repair would do harm').waitFor();
    await item('lonely').getByText('the worker of rig-2 is gone').waitFor();
    await item('unseen').getByText('Nobody has looked for too long').waitFor();
    await item('broken').getByText('The pool runs, but does not listen for miners.').waitFor();
    await item('kept').getByText('a new disk').waitFor();
    expect(await page.locator('.banner.bad li').count()).toBe(4);
    expect(await page.title()).toContain('(5) Stacks');
    await page.locator('summary').filter({ hasText: 'quiet-6' }).click();
    const quiet = page.locator('details.stack').filter({ hasText: 'quiet-6' });
    await quiet.getByText('12 of 12 running').waitFor();
    await quiet.getByText('15.0 MH/s').waitFor();
    await quiet.getByText('840\u202f123').waitFor();
    await portrait(page, 'stacks-many');

    // Live: what ends is gone from the page, and what is open stays open.
    await endMaintenance(api.database, kept);
    await item('kept').waitFor({ state: 'detached' });
    await quiet.getByText('12 of 12 running').waitFor();
  });

  test('who may only look sees no way to change anything', async () => {
    const api = await startApi();
    const key = await createKey(api.database, 'eyes', ['read']);
    const { body } = await postRun(api);
    const { page } = await visit({ url: api.url, key }, { to: `/runs/${body.id}` });
    await page.getByRole('button', { name: 'Cancel' }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
    await page.getByText('wants a key with the scope “run”').waitFor();
    await page.goto('/runs/new');
    expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
    await page.goto('/');
    expect(await page.getByRole('link', { name: 'Start a run' }).count()).toBe(0);
  });
});
