import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';

const SETUP = 'mining-infrastructure-setup';

needs('litecoind').describe('the last resort', () => {
  test('resets a resettable environment whose chain is lost, and the wallet survives', async () => {
    const settingsFile = join(tmpdir(), `davy-settings-${process.pid}.json`);
    onTestFinished(() => rm(settingsFile, { force: true }));
    await writeFile(
      settingsFile,
      JSON.stringify({ recoveryBackoffSeconds: [0.1], strategies: { daemonCrash: { maxAttempts: 1 } } }),
    );
    const davylamp = await startDavylamp({ settingsFile });
    expect(await davylamp.untilFinished((await davylamp.post(SETUP)).id)).toMatchObject({
      status: 'succeeded',
    });
    const before = await davylamp.rpc('getaddressesbylabel', ['davylamp']);
    expect(await davylamp.untilFinished((await davylamp.post('mining-stack-stop')).id)).toMatchObject({
      status: 'succeeded',
    });
    for (const node of ['daemon', 'peer'])
      await rm(join(davylamp.labDirectory, node, 'regtest', 'blocks'), { recursive: true });

    const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id, 200_000);
    expect(run, JSON.stringify(run.incidents)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
    const attempts = run.incidents[0]?.recoveryAttempts ?? [];
    expect(attempts.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'failed',
      'environment_reset',
    ]);
    expect(await davylamp.rpc('getaddressesbylabel', ['davylamp'])).toEqual(before);
    expect(await readdir(join(davylamp.labDirectory, 'daemon'))).not.toContainEqual(
      expect.stringMatching(/^\.trash/),
    );
  }, 300_000);
});
