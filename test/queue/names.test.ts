import { expect, test } from 'vitest';
import { jobId, queueName } from '../../queue/names.ts';

const UUID = '0199f0a0-7c00-7000-8000-000000000001';

test('ordinary host names are used as they are', () => {
  expect(queueName('stages', 'rig-1.example.org')).toBe('stages-rig-1.example.org');
  expect(queueName('recovery', 'rig-1')).toBe('recovery-rig-1');
});

test.each(['a:b', '', 'ä', 'a b/../c', '\u0000', 'x'.repeat(300)])('host %j gets a safe name', (host) => {
  const name = queueName('recovery', host);
  expect(name).toMatch(/^recovery-[\w.-]*~[0-9a-f]{8}$/);
  expect(name.length).toBeLessThanOrEqual(63);
});

test('hosts never share a queue', () => {
  const hosts = ['a:b', 'a_b', 'a/b', 'a b', 'A_b', `${'x'.repeat(60)}1`, `${'x'.repeat(60)}2`];
  expect(new Set(hosts.map((host) => queueName('stages', host))).size).toBe(hosts.length);
});

test('a job id is one that BullMQ takes: no colon, not only digits', () => {
  const id = jobId({ runId: UUID, dispatch: 12 });
  expect(id).toBe(`${UUID}.12`);
  expect(id).not.toMatch(/:|^\d+$/);
});
