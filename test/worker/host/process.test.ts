import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityOf as currentIdentity, liveness, readProcess } from '../../../worker/host/process.ts';
import { startDetached } from '../../../worker/host/spawn.ts';
import { othersCanRun } from '../../support/capabilities.ts';
import {
  becoming,
  child,
  fixture,
  hasPython,
  identityOf,
  isDead,
  killMarkedAtEnd,
  nextLine,
  pidOf,
  temporaryFolder,
  until,
  untilState,
} from './support.ts';

const NOBODY = { uid: 65_534 };

describe('readProcess', () => {
  it('tells what /proc knows about a child', async () => {
    const cwd = temporaryFolder();
    const pid = pidOf(child('/usr/bin/sleep', ['60'], { cwd }));

    const facts = await readProcess(pid);

    expect(facts).toMatchObject({
      parentPid: process.pid,
      groupId: pid,
      argv: ['/usr/bin/sleep', '60'],
      cwd,
    });
    expect(facts?.identity).toMatchObject({ pid, executable: '/usr/bin/sleep', uid: process.getuid?.() });
    expect(facts?.identity.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(facts?.openDescriptors).toBeGreaterThanOrEqual(3);
  });

  it('is not confused by a process name with parentheses and spaces', async () => {
    const impostor = join(temporaryFolder(), 'a) Z 1 (b');
    copyFileSync('/usr/bin/sleep', impostor);
    const pid = pidOf(child(impostor, ['60']));

    const facts = await readProcess(pid);

    expect(facts).toMatchObject({ parentPid: process.pid, groupId: pid });
    expect(facts?.state).toMatch(/^[RS]$/);
    expect(facts?.identity.executable).toBe(impostor);
  });

  it('returns null for a pid that is nobody', async () => {
    expect(await readProcess(0x3f_ff_ff)).toBeNull();
  });

  it.runIf(othersCanRun)('leaves gaps, and no error, for the process of another user', async () => {
    const pid = pidOf(child('/usr/bin/sleep', ['60'], { cwd: '/' }));
    const identity = await identityOf(pid);

    const seen = JSON.parse(await nextLine(fixture('look.ts', ['readProcess', String(pid)], NOBODY)));

    expect(seen).toMatchObject({ groupId: pid, argv: ['/usr/bin/sleep', '60'], cwd: null });
    expect(seen.identity).toEqual({ ...identity, executable: '' });
    expect(seen).not.toHaveProperty('openDescriptors');
    const state = await nextLine(fixture('look.ts', ['liveness', JSON.stringify(identity)], NOBODY));
    expect(JSON.parse(state)).toBe('running');
  });
});

describe('liveness', () => {
  it('sees a process stop, go on and go away', async () => {
    const sleeper = child('sleep', ['60']);
    const identity = await identityOf(pidOf(sleeper));
    expect(await liveness(identity)).toBe('running');

    sleeper.kill('SIGSTOP');
    await untilState(identity, 'stopped');
    sleeper.kill('SIGCONT');
    await untilState(identity, 'running');
    sleeper.kill('SIGKILL');
    await until('its death', () => isDead(identity));
  });

  it('does not take a zombie for alive', async () => {
    const parent = child('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const identity = await becoming('/sleep', Number(await nextLine(parent)));

    process.kill(identity.pid, 'SIGKILL');

    await untilState(identity, 'zombie');
    expect(() => process.kill(identity.pid, 0)).not.toThrow();
  });

  const canEndThread = hasPython && process.arch === 'x64';
  it.runIf(canEndThread)(
    'does not take a process for dead whose first thread ended before the others',
    async () => {
      const script = `
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print('up', flush=True)
SYS_exit = 60
ctypes.CDLL(None).syscall(SYS_exit, 0)`;
      const threaded = child('python3', ['-c', script]);
      await nextLine(threaded);
      const identity = await identityOf(pidOf(threaded));
      await until(
        'the end of its first thread',
        async () => (await readProcess(identity.pid))?.state === 'Z',
      );

      expect(await liveness(identity)).toBe('running');
      threaded.kill('SIGKILL');
      await until('its death', () => isDead(identity));
    },
  );

  it('takes another start time, boot, executable or user for another process', async () => {
    const identity = await identityOf(pidOf(child('sleep', ['60'])));

    expect(await liveness({ ...identity, startTime: identity.startTime - 1 })).toBe('replaced');
    expect(await liveness({ ...identity, bootId: '00000000-0000-0000-0000-000000000000' })).toBe('replaced');
    expect(await liveness({ ...identity, executable: '/usr/bin/litecoind' })).toBe('replaced');
    expect(await liveness({ ...identity, uid: identity.uid + 1 })).toBe('replaced');
  });

  it('knows a marked wrapper again after it became another program', async () => {
    const folder = temporaryFolder();
    const marker = `wrapper-${process.pid}`;
    killMarkedAtEnd(marker);
    const { identity } = await startDetached({
      argv: ['sh', '-c', 'read go < go; exec sleep 60'],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin' },
      marker,
      logFile: join(folder, 'log'),
      stdin: 'fifo',
      fifoPath: join(folder, 'go'),
    });
    expect(identity.executable).not.toContain('sleep');

    const letGo = child('sh', ['-c', 'echo now > "$0"', join(folder, 'go')]);
    await until('the exec', () => currentIdentity(identity.pid)?.executable.endsWith('/sleep'));

    expect(letGo.pid).toBeDefined();
    expect(await liveness(identity)).toBe('running');
  });
});
