import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { start, temporaryDirectory } from './fixtures/processes.ts';
import { readMarks, withSql } from './fixtures/rows.ts';

const CONFIG = fileURLToPath(new URL('fixtures/fresh/vitest.config.ts', import.meta.url));

test('the database of a failed test is kept and named, those of the others are dropped', async () => {
  const directory = await temporaryDirectory();
  const { exitCode, output } = await runVitest(directory);
  expect(exitCode).toBe(1);
  expect(output).toMatch(/1 failed.*2 passed/);
  expect(output).toContain('"broken" failed; its database is postgres://');

  const [, dataDir, url] = /dataDir: '([^']+)' }\) runs:\n {2}(\S+)/.exec(output) ?? [];
  const left = (await readdir(directory)).filter((name) => name.startsWith('davylamp-tests-'));
  expect(left.map((name) => join(directory, name))).toEqual([dataDir]);
  const server = await start(dataDir ?? '');
  expect(await readMarks(url ?? '')).toEqual(['evidence', 'migrated']);
  const tests = await withSql(server.url, (sql) => sql`select 1 from pg_database where datname like 'test%'`);
  expect(tests).toHaveLength(1);
});

/** A test run of its own, whose temporary files go to `directory`. */
function runVitest(directory: string): Promise<{ exitCode: number; output: string }> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const outer = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const env = { ...Object.fromEntries(outer), TMPDIR: directory, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--configLoader', 'runner', '--config', CONFIG],
      { env },
      (error, stdout, stderr) => resolve({ exitCode: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
