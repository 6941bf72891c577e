import { expect, test } from 'vitest';
import { startDavylamp } from '../support/davylamp.ts';
import { hasCommand, needs } from '../support/packages.ts';
import { visit } from './support/visitor.ts';

const tools = hasCommand('chromium') ? needs('litecoind') : needs('chromium');

tools.describe('when the API is killed', () => {
  test('a page says so, comes back by itself, and nobody has to sign in again', {
    timeout: 120_000,
  }, async () => {
    const davylamp = await startDavylamp();
    const { page, sins } = await visit({ url: davylamp.url, key: davylamp.apiKey });
    await page.getByText('live', { exact: true }).waitFor();
    // For as long as the server is away, the browser says of each request that it failed.
    const before = sins.consoleErrors.length;
    process.kill(await davylamp.pidOf('api'), 'SIGKILL');
    await page.getByText('reconnecting').waitFor();
    await page.getByText('live', { exact: true }).waitFor({ timeout: 60_000 });
    expect(sins.consoleErrors.splice(before).every((error) => error.includes('ERR_'))).toBe(true);
    await page.getByRole('heading', { name: 'lab', exact: true }).waitFor();
    await page.reload();
    expect(new URL(page.url()).pathname).toBe('/');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  });
});
