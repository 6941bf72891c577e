import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { DESK, PHONE, seriousFindings } from './visitor.ts';

const FOLDER = fileURLToPath(new URL('../../../docs/pages/', import.meta.url));
const SIZES = { desk: DESK, phone: PHONE };
const SCHEMES = ['light', 'dark'] as const;

/**
 * Looks at a page on a desk and on a phone, by day and by night: nothing keeps anybody out, and nothing is wider than
 * the screen. With DAVY_SCREENSHOTS it is also drawn, for `docs/pages/`.
 */
export async function portrait(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.evaluate('scrollTo(0, 0)');
      const seen = `${name} on a ${size}, ${colorScheme}`;
      expect(await seriousFindings(page), seen).toEqual([]);
      const overhang = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overhang), `${seen} is too wide`).toBe(0);
      if (process.env.DAVY_SCREENSHOTS) draw(`${name}-${size}-${colorScheme}`, await page.screenshot());
    }
  await page.setViewportSize(DESK);
}

/** With few colours, as small as it can be. */
function draw(name: string, png: Buffer): void {
  const { stdout, status } = spawnSync('pngquant', ['--speed=1', '--quality=70-95', '--strip', '-'], {
    input: png,
  });
  if (status !== 0) throw new Error('DAVY_SCREENSHOTS needs pngquant: apt-get install pngquant');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}${name}.png`, stdout);
}
