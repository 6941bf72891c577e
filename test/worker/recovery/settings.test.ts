import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../core/settings.ts';
import { settingsFrom } from '../../../worker/settings.ts';

async function settingsFile() {
  const directory = await mkdtemp(join(tmpdir(), 'davy-settings-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'settings.json');
  const told: string[] = [];
  const source = settingsFrom(file, (_, message) => told.push(message));
  return { file, told, source, write: async (text: string) => await writeFile(file, text) };
}

test('the file is read again when it has changed, without a restart', async () => {
  const { source, write, told } = await settingsFile();
  await write('{"maxRecoveryAttempts": 5}');
  expect((await source.current()).maxRecoveryAttempts).toBe(5);
  await write('{"maxRecoveryAttempts": 2, "crashLoop": {"maxCrashes": 1}}');
  expect(await source.current()).toMatchObject({
    maxRecoveryAttempts: 2,
    crashLoop: { maxCrashes: 1, windowMinutes: 10 },
  });
  expect(told).toEqual([]);
});

test.each([
  ['invalid', '{"maxRecoveryAttempts": 0}', 'the settings are invalid; the last good ones stay'],
  ['no JSON', '{', 'the settings cannot be read; the last good ones stay'],
])('a file that is %s keeps the last good settings and says so, once', async (_, text, message) => {
  const { source, write, told } = await settingsFile();
  await write('{"maxRecoveryAttempts": 5}');
  await source.current();
  await write(text);
  expect((await source.current()).maxRecoveryAttempts).toBe(5);
  expect((await source.current()).maxRecoveryAttempts).toBe(5);
  expect(told).toEqual([message]);
});

test('where there is none the specification holds', async () => {
  const { source } = await settingsFile();
  expect(await source.current()).toEqual(DEFAULT_SETTINGS);
});
