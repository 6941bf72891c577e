import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SettingsError } from '../../lab/fields.ts';
import { readMinerOptions } from '../../lab/miner/options.ts';

const dir = mkdtempSync(join(tmpdir(), 'davylamp-lab-'));
afterAll(() => rmSync(dir, { recursive: true }));

function configFile(text: string): string {
  const file = join(dir, 'miner.json');
  writeFileSync(file, text);
  return file;
}

const argv = '-a sha256d -o stratum+tcp://127.0.0.1:3333 -u me -p secret'.split(' ');

test("minerd's letters", () => {
  expect(readMinerOptions([...argv, '-R', '5', '-t', '4', '-q', '-D'], {})).toEqual({
    algorithm: 'sha256d',
    host: '127.0.0.1',
    port: 3333,
    user: 'me',
    password: 'secret',
    retrySeconds: 5,
    timeoutSeconds: 120,
    hashesPerSecond: 20_000,
  });
});

test('the command line wins over the environment, and that over the file', () => {
  const settings = { url: 'stratum+tcp://h:1', user: 'f', pass: 'file', algo: 'scrypt', throttle: 7 };
  const file = ['-c', configFile(JSON.stringify(settings))];
  const environment = { LAB_MINER_PASSWORD: 'environment' };
  expect(readMinerOptions(file, {})).toMatchObject({ host: 'h', password: 'file', hashesPerSecond: 7 });
  expect(readMinerOptions(file, environment)).toMatchObject({ user: 'f', password: 'environment' });
  expect(readMinerOptions([...file, ...argv], environment)).toMatchObject({ user: 'me', password: 'secret' });
});

test.each([
  [[], /algo: .*\nurl: .*\nuser: .*\npass: /],
  [[...argv, '-o', 'http://127.0.0.1:3333'], /^url: must be stratum\+tcp:\/\/HOST:PORT$/],
  [[...argv, '-o', 'stratum+tcp://127.0.0.1'], /^url: /],
  [[...argv, '--throttle', 'fast'], /^throttle: /],
  [[...argv, '--nonsense'], /Unknown option/],
  [['-c', '/nonexistent'], /ENOENT/],
])('%j is refused', (given, problem) => {
  expect(() => readMinerOptions(given, {})).toThrow(SettingsError);
  expect(() => readMinerOptions(given, {})).toThrow(problem);
});

test.each(['{"pass": "secret"', '"secret"', '[]'])('a file with %s is refused', (text) => {
  expect(() => readMinerOptions(['-c', configFile(text)], {})).toThrow(SettingsError);
});
