import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { liveness, type ProcessIdentity } from '../../../worker/host/process.ts';
import { startDetached } from '../../../worker/host/spawn.ts';
import { signalGroup, stopProcess } from '../../../worker/host/stop.ts';
import { othersCanRun } from '../../support/capabilities.ts';
import {
  becoming,
  child,
  childOf,
  FIXTURES,
  fixture,
  identityOf,
  isDead,
  killMarkedAtEnd,
  nextLine,
  pidOf,
  temporaryFolder,
  until,
  untilState,
} from './support.ts';

const TIMES = { termMs: 5_000, killMs: 5_000 };
/** Longer than a test may take: what waits for the end of it fails. */
const PATIENT = { ...TIMES, termMs: 600_000 };
const NOBODY = { uid: 65_534 };

async function sleeper(): Promise<ProcessIdentity> {
  return identityOf(pidOf(child('sleep', ['60'])));
}

describe('signalGroup', () => {
  it('signals the whole group of the recorded process', async () => {
    const parent = child('sh', ['-c', 'sleep 60 & echo $!; wait']);
    const grandchild = await becoming('/sleep', Number(await nextLine(parent)));

    expect(await signalGroup(await identityOf(pidOf(parent)), 'SIGKILL')).toEqual({ sent: true });

    await until('its death', () => isDead(grandchild));
  });

  it('signals a process alone when it leads no group', async () => {
    const parent = child('sh', ['-c', 'sleep 60 & echo $!; wait; echo parent lives; sleep 60']);
    const grandchild = await becoming('/sleep', Number(await nextLine(parent)));

    expect(await signalGroup(grandchild, 'SIGKILL')).toEqual({ sent: true });

    expect(await nextLine(parent)).toBe('parent lives');
  });

  it('never signals a pid that another process has now', async () => {
    const innocent = await sleeper();
    const recorded = [
      { ...innocent, startTime: innocent.startTime - 1 },
      { ...innocent, bootId: '00000000-0000-0000-0000-000000000000' },
      { ...innocent, executable: '/usr/bin/litecoind' },
      { ...innocent, uid: innocent.uid + 1 },
    ];
    for (const identity of recorded) {
      expect(await signalGroup(identity, 'SIGKILL')).toEqual({ sent: false, reason: 'replaced' });
    }
    expect(await liveness(innocent)).toBe('running');
  });

  it('never signals init, every process or ourselves', async () => {
    const us = await identityOf(process.pid);
    for (const pid of [1, 0, -1, -us.pid, 1.5, Number.NaN]) {
      expect(await signalGroup({ ...us, pid }, 'SIGCONT')).toEqual({ sent: false, reason: 'reserved_pid' });
    }
    expect(await signalGroup(us, 'SIGCONT')).toEqual({ sent: false, reason: 'ourselves' });
  });

  it('never signals our own group, nor the leader of it', async () => {
    const script =
      'sleep 60 & echo $!; while read -r identity; do "$0" --import tsx "$1" interrupt "$identity"; done';
    const shell = child('sh', ['-c', script, process.execPath, join(FIXTURES, 'look.ts')]);
    const sibling = await becoming('/sleep', Number(await nextLine(shell)));
    const leader = await identityOf(pidOf(shell));

    for (const identity of [sibling, leader]) {
      shell.stdin?.write(`${JSON.stringify(identity)}\n`);
      expect(JSON.parse(await nextLine(shell))).toEqual({ sent: false, reason: 'our_group' });
    }
    expect(await liveness(sibling)).toBe('running');
  });

  it('reports the dead, zombies among them', async () => {
    const parent = child('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const zombie = await becoming('/sleep', Number(await nextLine(parent)));
    process.kill(zombie.pid, 'SIGKILL');
    await untilState(zombie, 'zombie');

    expect(await signalGroup(zombie, 'SIGTERM')).toEqual({ sent: false, reason: 'dead' });
  });

  it.runIf(othersCanRun)('reports a process that it may not signal', async () => {
    const foreign = await sleeper();
    const answer = await nextLine(fixture('look.ts', ['interrupt', JSON.stringify(foreign)], NOBODY));
    expect(JSON.parse(answer)).toEqual({ sent: false, reason: 'not_permitted' });
  });
});

describe('stopProcess', () => {
  it('ends a willing process with SIGTERM', async () => {
    const identity = await sleeper();
    expect(await stopProcess(identity, TIMES)).toMatchObject({ outcome: 'terminated' });
    expect(await isDead(identity)).toBe(true);
  });

  it('leaves one that ends the time that it needs', async () => {
    const script = 'trap "echo asked; read -r answer; exit 0" TERM; echo ready; while :; do sleep 0.01; done';
    const slow = child('sh', ['-c', script]);
    await nextLine(slow);
    const stopping = stopProcess(await identityOf(pidOf(slow)), PATIENT);
    expect(await nextLine(slow)).toBe('asked');
    slow.stdin?.write('go\n');

    expect(await stopping).toMatchObject({ outcome: 'terminated' });
  });

  it('kills one that ignores SIGTERM, after its time', async () => {
    const stubborn = child('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 60; done']);
    await nextLine(stubborn);
    const identity = await identityOf(pidOf(stubborn));

    expect(await stopProcess(identity, { termMs: 300, killMs: 5_000 })).toMatchObject({ outcome: 'killed' });

    expect(await isDead(identity)).toBe(true);
  });

  it('kills a stopped process at once', async () => {
    const frozen = child('sleep', ['60']);
    const identity = await identityOf(pidOf(frozen));
    frozen.kill('SIGSTOP');
    await untilState(identity, 'stopped');

    expect(await stopProcess(identity, PATIENT)).toMatchObject({ outcome: 'killed' });
  });

  it('does not wait for a process that stops itself meanwhile', async () => {
    const tricky = child('sh', ['-c', 'trap "kill -STOP $$" TERM; echo ready; while :; do sleep 0.01; done']);
    await nextLine(tricky);

    const identity = await identityOf(pidOf(tricky));

    expect(await stopProcess(identity, PATIENT)).toMatchObject({ outcome: 'killed' });
  });

  it('leaves nobody of the group behind, though its leader goes first', async () => {
    const parent = child('sh', ['-c', '(trap "" TERM; echo $PPID; while :; do sleep 60; done) & wait']);
    await nextLine(parent);
    const identity = await identityOf(pidOf(parent));
    const survivor = await childOf(identity.pid);

    expect(await stopProcess(identity, { termMs: 300, killMs: 5_000 })).toMatchObject({ outcome: 'killed' });

    expect(await isDead(survivor)).toBe(true);
  });

  it('finds what a crashed leader left in its group by the marker', async () => {
    const folder = temporaryFolder();
    const marker = `stop-test-${process.pid}`;
    killMarkedAtEnd(marker);
    const { identity, exited } = await startDetached({
      argv: ['sh', '-c', 'sleep 60 & sleep 60'],
      cwd: folder,
      env: { PATH: '/usr/bin:/bin' },
      marker,
      logFile: join(folder, 'log'),
      stdin: 'null',
    });
    const orphan = await childOf(identity.pid);
    process.kill(identity.pid, 'SIGKILL');
    await exited;
    expect(await liveness(orphan)).toBe('running');

    expect(await stopProcess(identity, TIMES)).toMatchObject({ outcome: 'terminated' });

    expect(await isDead(orphan)).toBe(true);
  });

  it('leaves the group of a crashed leader alone when nothing proves that it is ours', async () => {
    const parent = child('sh', ['-c', 'sleep 60 & echo $!; wait']);
    const orphan = await becoming('/sleep', Number(await nextLine(parent)));
    const identity = await identityOf(pidOf(parent));
    parent.kill('SIGKILL');
    // As long as it is a zombie it still leads its group, and so proves it.
    await until('it is reaped', async () => (await liveness(identity)) === 'gone');

    expect(await stopProcess(identity, TIMES)).toMatchObject({ outcome: 'gone' });

    expect(await liveness(orphan)).toBe('running');
    process.kill(orphan.pid, 'SIGKILL');
  });

  it('has nothing to do when the process is gone, or its pid is reused', async () => {
    const innocent = await sleeper();
    expect(await stopProcess({ ...innocent, startTime: 1 }, TIMES)).toMatchObject({ outcome: 'gone' });
    expect(await stopProcess({ ...innocent, executable: '/bin/other' }, TIMES)).toMatchObject({
      outcome: 'refused',
      reason: 'replaced',
    });
    expect(await liveness(innocent)).toBe('running');
    expect(await stopProcess(await identityOf(process.pid), TIMES)).toMatchObject({ outcome: 'refused' });
  });
});
