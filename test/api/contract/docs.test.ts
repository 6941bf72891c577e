import { expect, test } from 'vitest';
import { startBrowser } from '../../support/browser.ts';
import { needs } from '../../support/packages.ts';
import { ask, startApi } from '../support/api.ts';

const TIMEOUT_MS = 20_000;

needs('chromium').describe('/docs', () => {
  test('shows the API in a browser that reaches nothing but this server, and tries it out', {
    timeout: 90_000,
  }, async () => {
    const api = await startApi();
    const page = await (await startBrowser()).newPage();
    const asked = new Set<string>();
    const refused: string[] = [];
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    page.on('requestfailed', (request) => refused.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') refused.push(message.text());
    });
    page.on('pageerror', (error) => refused.push(error.message));
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.goto(`${api.url}/docs`);
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.locator('.modal-ux input').fill(api.key);
    await page.locator('.modal-ux .authorize').click();
    await page.locator('.modal-ux .close-modal').click();

    await page.locator('#operations-Environments-listHosts .opblock-summary').click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status').first().waitFor();
    const shown = await page.locator('.live-responses-table').innerText();
    expect(shown).toContain('200');
    expect(shown).toContain('rig-1');
    expect([...asked].filter((origin) => origin !== api.url && origin !== 'null')).toEqual([]);
    expect(refused).toEqual([]);
  });
});

test('its files are these and no others, and its policy lets it talk to this server alone', async () => {
  const api = await startApi();
  const page = await ask(api, '/docs', { key: null });
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  const files = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(files).toHaveLength(4);
  for (const path of files) expect((await ask(api, path, { key: null })).status, path).toBe(200);
  for (const name of ['package.json', 'index.html', '..%2fpackage.json', '__proto__', 'constructor'])
    expect((await ask(api, `/docs/${name}`, { key: null })).status, name).toBe(404);
});
