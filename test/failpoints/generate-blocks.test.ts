import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';
import { stageAttempts } from './support/lab-kills.ts';

const PIPELINE = fileURLToPath(new URL('support/one-block.json', import.meta.url));
const RUN_TIMEOUT_MS = 150_000;

needs('litecoind').describe(
  'a worker that is killed after it generated a block, before that was saved',
  () => {
    test('generates no second one, and one for each run', async () => {
      const davylamp = await startDavylamp({ failpoints: true, pipelines: [PIPELINE] });
      await davylamp.arm('act@block', 'kill');
      const run = await davylamp.untilFinished((await davylamp.post('one-block')).id, RUN_TIMEOUT_MS);
      expect(run).toMatchObject({ status: 'succeeded' });
      expect(await davylamp.armed()).toEqual([]);
      expect(stageAttempts(run)).toEqual(['configs', 'daemon', 'block'].map((id) => `${id} 1 succeeded`));
      expect(await davylamp.rpc('getblockcount')).toBe(1);

      const next = await davylamp.untilFinished((await davylamp.post('one-block')).id, RUN_TIMEOUT_MS);
      expect(next).toMatchObject({ status: 'succeeded' });
      expect(await davylamp.rpc('getblockcount')).toBe(2);
    }, 360_000);
  },
);
