import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, type TestContext, test } from 'vitest';
import { noFailpoints } from '../../../core/failpoint.ts';
import { markerOf, type Stack } from '../../../worker/components/stack.ts';
import { findMarked } from '../../../worker/host/spawn.ts';
import { stopProcess } from '../../../worker/host/stop.ts';
import { allMembers } from '../../../worker/observe.ts';
import { practiceReset, practiceStack } from './practice.ts';

const LIFE = fileURLToPath(new URL('./fixtures/life.ts', import.meta.url));
const FORWARD = [
  'stop',
  'copy_wallets',
  'checked',
  'set_aside',
  'restore_wallets',
  'configure',
  'start_daemon',
  'fund',
  'start_pool',
  'start_miners',
  'verify',
  'mark_for_deletion',
  'delete',
  'deleting',
];
const BACK = ['growth_aside', 'put_back', 'undo', 'deleting'];
/** What a reset never touches: the owner's configuration, a real chain beside the practice chain, other data. */
const CANARIES = {
  'lab/daemon/bitcoin.conf': 'theirs',
  'lab/daemon/wallet.dat': 'real coins',
  'lab/daemon/blocks/blk00000.dat': 'real chain',
  'lab/daemon/chainstate/CURRENT': 'real chain',
  'lab/pool/config.json': 'theirs',
  'beside/canary': 'alive',
};
const OLD = {
  'lab/daemon/regtest/blocks/first': 'old',
  'lab/daemon/regtest/blocks/second': 'old',
  'lab/pool/pool.log': 'old\n',
  'lab/miner/miner.log': 'old\n',
};
const KEYS = {
  'lab/daemon/regtest/wallets/davylamp/wallet.dat': 'keys',
  'lab/daemon/regtest/wallets/2': 'more',
};

interface World {
  home: string;
  stack: Stack;
  read(file: string): Promise<string | null>;
  /** Lives until the failpoint kills it, and tells the signal that ended it. */
  live(step: string, outcome: 'works' | 'fails'): Promise<NodeJS.Signals | null>;
  /** The last life, in which nothing is in the way. */
  resume(outcome: 'works' | 'fails'): Promise<string[]>;
}

/** Tests that run side by side have hooks of their own only. */
async function world({ onTestFinished }: TestContext): Promise<World> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-reset-')));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  for (const [file, text] of Object.entries({ ...CANARIES, ...OLD, ...KEYS })) {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), text);
  }
  await mkdir(join(home, 'failpoints'));
  const stack = practiceStack(home);
  onTestFinished(async () => {
    for (const process of await processes(stack)) await stopProcess(process, { termMs: 0, killMs: 5_000 });
  });
  return {
    home,
    stack,
    read: (file) => readFile(join(home, file), 'utf8').catch(() => null),
    async live(step, outcome) {
      await writeFile(join(home, 'failpoints', `reset@${step}`), 'kill');
      const argv = ['--import', 'tsx', LIFE, home, join(home, 'failpoints'), outcome];
      const child = spawn(process.execPath, argv, { stdio: 'inherit' });
      const [, signal] = await once(child, 'exit');
      return signal;
    },
    async resume(outcome) {
      const notes: string[] = [];
      await practiceReset({ stack, reach: noFailpoints, works: outcome === 'works', notes });
      return notes;
    },
  };
}

async function processes(stack: Stack) {
  return (await Promise.all(allMembers(stack).map((member) => findMarked(markerOf(member))))).flat();
}

async function running({ stack }: World): Promise<number[]> {
  const found = await Promise.all(allMembers(stack).map((member) => findMarked(markerOf(member))));
  return found.map(({ length }) => length);
}

/** That nothing is left behind, and nothing is lost that a reset has to keep. */
async function expectClean({ home, read }: World): Promise<void> {
  const left = (await readdir(home, { recursive: true })).filter((file) =>
    /\.(trash|growth|deleted)-/.test(file),
  );
  expect(left).toEqual([]);
  for (const [file, text] of Object.entries({ ...CANARIES, ...KEYS }))
    expect(await read(file), file).toBe(text);
}

describe.concurrent('a reset that is killed', { timeout: 60_000 }, () => {
  test.for(FORWARD)('at "%s" comes to its end in its next life', async (step, context) => {
    const scene = await world(context);
    expect(await scene.live(step, 'works')).toBe('SIGKILL');
    await scene.resume('works');
    await expectClean(scene);
    expect(await scene.read('lab/daemon/regtest/blocks/first')).toBe('new\n');
    expect(await scene.read('lab/daemon/regtest/blocks/second')).toBeNull();
    expect(await scene.read('lab/daemon/regtest/height')).toBe('101');
    expect(await scene.read('lab/pool/pool.log')).toMatch(/^(new\n)+$/);
    expect(await running(scene)).toEqual([1, 1, 1]);
  });

  test.for(BACK)('at "%s" of its undoing puts everything back in its next life', async (step, context) => {
    const scene = await world(context);
    expect(await scene.live(step, 'fails')).toBe('SIGKILL');
    // Whatever is found now, the reset has failed.
    await expect(scene.resume('works')).rejects.toMatchObject({ code: 'reset_unverified' });
    await expectClean(scene);
    for (const [file, text] of Object.entries(OLD)) expect(await scene.read(file), file).toMatch(text);
    expect(await running(scene)).toEqual([1, 1, 1]);
  });

  test('at its very end, before its outcome was saved, wipes nothing a second time', async (context) => {
    const scene = await world(context);
    await scene.resume('works');
    await writeFile(join(scene.home, 'lab/daemon/regtest/blocks/first'), 'mined since');
    await scene.resume('works');
    expect(await scene.read('lab/daemon/regtest/blocks/first')).toBe('mined since');
  });

  test('in each of many lives comes to its end in the last', async (context) => {
    const scene = await world(context);
    for (const step of ['set_aside', 'fund', 'mark_for_deletion', 'deleting'])
      expect(await scene.live(step, 'works')).toBe('SIGKILL');
    expect(await scene.resume('works')).toContainEqual(expect.stringMatching(/^resume: .* proven$/));
    await expectClean(scene);
    expect(await scene.read('lab/daemon/regtest/blocks/first')).toBe('new\n');
  });
});
