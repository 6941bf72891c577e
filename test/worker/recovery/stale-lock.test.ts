import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { poolMember } from '../../../worker/components/stack.ts';
import { staleLocks } from '../../../worker/components/stale-locks.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { testStack } from '../components/support/stack.ts';
import { type RealMiner, realMiner } from './real-miner.ts';

/** Refuses to start while its pid file is there, whoever wrote it; `looked` says that it found none. */
const PICKY = ['sh', '-c', '[ -e miner.pid ] && exit 1; touch looked; exec sleep 60'];

const picky = async () => await realMiner({ command: PICKY, lockFiles: ['miner.pid'] });

async function startInVain(miner: RealMiner): Promise<void> {
  await miner.start();
  const ended = async () => {
    const [facts] = (await miner.observe()).miners;
    return facts?.process.state === 'down' && facts.process.exit !== null;
  };
  await waitUntil(ended, { timeoutMs: 5_000, intervalMs: 10, what: 'the start fails' });
}

test('a pid file of a dead process is found as the cause, removed once, and the start succeeds', async () => {
  const miner = await picky();
  const { pid } = spawnSync('true');
  await writeFile(miner.at('miner.pid'), `${pid}\n`);
  await startInVain(miner);
  const report = await miner.recover();
  expect(report).toMatchObject({
    outcome: { kind: 'healed' },
    cause: {
      component: 'miner-1',
      failure: 'stale_lock',
      evidence: [
        'its process ended with exit code 1',
        expect.stringMatching(/miner\.pid was left behind by a process that is dead$/),
      ],
    },
    strategy: 'stale-lock',
  });
  expect(report.actions.map(({ type }) => type)).toEqual(['clear_stale_locks', 'start']);
  await expect(access(miner.at('miner.pid'))).rejects.toThrow('ENOENT');
});

test('a pid file of a process that lives is no stale lock and stays', async () => {
  const miner = await picky();
  await writeFile(miner.at('miner.pid'), `${process.pid}\n`);
  await startInVain(miner);
  const [facts] = (await miner.observe()).miners;
  expect(facts).toMatchObject({ process: { state: 'down' }, staleLocks: [] });
  expect((await miner.recover()).cause).toMatchObject({ failure: 'process_down' });
  await access(miner.at('miner.pid'));
});

test('what was killed left its lock behind too, but did not end for it', async () => {
  const miner = await picky();
  await miner.start();
  await Promise.all([miner.observe(), miner.observe()]);
  const looked = async () => existsSync(miner.at('looked'));
  await waitUntil(looked, { timeoutMs: 5_000, intervalMs: 10, what: 'it has looked for its pid file' });
  await writeFile(miner.at('miner.pid'), `${await miner.pid()}\n`);
  await miner.kill();
  expect(await miner.recover()).toMatchObject({
    outcome: { kind: 'healed' },
    cause: { failure: 'process_down' },
  });
});

test('a pid that another program has by now is no owner: the lock of a ckpool is known by its program', async () => {
  const { stack, at, write } = await testStack({
    pool: { kind: 'ckpool', command: ['./ckpool', '-s', 'sockets'] },
  });
  await write('sockets/main.pid', `${process.pid}`);
  expect(await staleLocks(poolMember(stack))).toEqual([at('sockets/main.pid')]);
});
