import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freshDatabase } from '../support/postgres.ts';
import { soon, startLight } from './support/light.ts';
import { SINGLE, STEPS } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const KEPT_DESCRIPTORS = 16;

/** Of what a user may have, root has as much as it likes. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

test.each([
  { what: 'file descriptor', limit: `--nofile=${KEPT_DESCRIPTORS}:` },
  { what: 'process', limit: '--nproc=1:' },
])(
  'a worker without a $what left: a person is called for that, and nothing is reset',
  {
    timeout: 90_000,
  },
  async ({ limit }) => {
    const databaseUrl = await freshDatabase(migrate);
    const light = await startLight({ databaseUrl, environments: 2, user: NOBODY }, onTestFinished);
    const [folder = '', other = ''] = light.folders;
    await light.untilSucceeded((await light.post(STEPS, { folder: other })).run.id);
    const { pid } = light.worker;
    // Those that it opened first it keeps; of the later ones some come free again.
    const asItsUser = NOBODY === undefined ? [] : [`--reuid=${NOBODY}`, '--clear-groups'];
    execFileSync('setpriv', [...asItsUser, 'prlimit', '--pid', `${pid}`, limit]);
    const { run } = await light.post(SINGLE, { folder });
    const ended = await waitUntil(async () => {
      const { body } = await light.ask(`/v1/runs/${run.id}`);
      return body.finishedAt === null ? null : body;
    }, soon('the run ends'));
    expect(ended).toMatchObject({
      status: 'escalated',
      incidents: [{ escalation: { reason: 'resource_exhausted' } }],
    });
    expect(light.worker.pid).toBe(pid);
    expect(await light.marks(folder)).toEqual([]);
    expect(await light.rows(`select count(*)::int as notices from notices`)).toEqual([{ notices: 1 }]);
  },
);
