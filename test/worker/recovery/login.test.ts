import { expect, test } from 'vitest';
import { perform } from '../../../worker/actions.ts';
import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers } from '../../../worker/components/stack.ts';
import { testStack } from '../components/support/stack.ts';

const settingUp = async (text: string, spec: object = {}) => {
  const made = await testStack({
    pool: { kind: 'lab-pool', stratumPort: 3421 },
    miners: [{ kind: 'cpuminer', login: { username: 'rig', password: 'right' }, ...spec }],
  });
  await made.write('miner-1.json', text);
  const [member] = minerMembers(made.stack);
  if (!member) throw new RangeError('a stack without a miner');
  const matches = async () => (await minerKind(member).observe(member)).loginMatches;
  const align = async () => await perform(made.stack, { type: 'align_login', component: 'miner-1' });
  return { ...made, matches, align };
};

test('another login in the file is seen and corrected, and nothing else in it', async () => {
  const text = '{"url": "stratum+tcp://127.0.0.1:1", "user": "rig", "pass": "wrong", "threads": "1"}\n';
  const { matches, align, read } = await settingUp(text);
  expect(await matches()).toBe(false);
  expect(await align()).toMatch(/miner-1\.json: pass corrected$/);
  expect(await read('miner-1.json')).toBe(text.replace('wrong', 'right'));
  expect(await read('miner-1.json.bak')).toBe(text);
  expect(await matches()).toBe(true);
  expect(await align()).toMatch(/was right already$/);
});

test('user and password in one word count as well', async () => {
  const { matches, align, read } = await settingUp('{"userpass": "rig:wrong"}\n');
  expect(await matches()).toBe(false);
  await align();
  expect(JSON.parse(await read('miner-1.json'))).toMatchObject({ userpass: 'rig:right' });
  expect(await matches()).toBe(true);
});

test('a miner with arguments of its own is not judged by a file that it may not read', async () => {
  const { matches } = await settingUp('{"user": "other"}\n', { command: ['minerd', '-u', 'rig'] });
  expect(await matches()).toBeNull();
});

test('a kind whose configuration is not ours to write says so', async () => {
  const { align } = await settingUp('{}', { kind: 'process', command: ['sleep', '60'] });
  expect(await align()).toBe('its configuration is not ours to write');
});
