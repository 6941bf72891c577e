import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { commandOnPath, installPackages, missingPackages } from '../../../worker/host/packages.ts';
import { othersCanRun } from '../../support/capabilities.ts';
import { FIXTURES, fixture, nextLine, temporaryFolder } from './support.ts';

const PATH = process.env.PATH ?? '';
const NOBODY = { uid: 65_534 };

afterEach(() => {
  process.env.PATH = PATH;
});

/** A system whose apt-get, dpkg-query and sudo are stand-ins, so that no test changes this one. */
function standInSystem(...commands: string[]): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o777);
  for (const command of commands) symlinkSync(join(FIXTURES, 'debian.sh'), join(folder, command));
  process.env.PATH = `${folder}:/usr/bin:/bin`;
  return folder;
}

describe('commandOnPath', () => {
  it('finds what a shell would find, and nothing that cannot be executed', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(folder, 'notes'), '');

    expect(await commandOnPath('tool', `/no/such:${folder}`)).toBe(join(folder, 'tool'));
    expect(await commandOnPath(join(folder, 'tool'))).toBe(join(folder, 'tool'));
    expect(await commandOnPath('notes', folder)).toBeNull();
    expect(await commandOnPath('tmp', '/')).toBeNull();
    expect(await commandOnPath('sh')).toMatch(/\/sh$/);
  });
});

describe('missingPackages', () => {
  it.skipIf(!existsSync('/usr/bin/dpkg-query'))('asks the real dpkg', async () => {
    expect(await missingPackages(['dpkg', 'no-such-package-here', 'coreutils'])).toEqual([
      'no-such-package-here',
    ]);
  });

  it('rejects what is no package name', async () => {
    for (const name of ['-rf', '--help', 'a b', 'x;id', '', '../x', 'A']) {
      await expect(missingPackages([name])).rejects.toThrow(TypeError);
    }
  });
});

describe('installPackages on a stand-in Debian', () => {
  it('installs what is missing, quietly, and starts no services', async () => {
    const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
    writeFileSync(join(system, 'lists'), '');
    const lines: string[] = [];

    const result = await installPackages(['ckpool', 'present'], { onLine: (line) => lines.push(line) });

    expect(result).toEqual({ ok: true, installed: ['ckpool'] });
    expect(lines).toContain('Setting up ckpool');
    const call = readFileSync(join(system, 'calls'), 'utf8');
    expect(call).toContain('DPkg::Lock::Timeout=120');
    expect(call).toContain('install --yes --no-install-recommends ckpool');
    expect(call).toContain('noninteractive runlevel=1 offline=1');
    expect(call).not.toContain(' update');
  });

  it('gets the lists first where they are missing', async () => {
    const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
    expect(await installPackages(['ckpool'])).toEqual({ ok: true, installed: ['ckpool'] });
    expect(readFileSync(join(system, 'calls'), 'utf8').match(/(?<= )(install|update)(?= |$)/gm)).toEqual([
      'install',
      'update',
      'install',
    ]);
  });

  it('does not believe an exit code', async () => {
    const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
    writeFileSync(join(system, 'lists'), '');
    const result = await installPackages(['liar']);
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('liar not installed') });
  });

  it('says why it failed and what to type', async () => {
    standInSystem('apt-get', 'dpkg-query', 'sudo');
    const result = await installPackages(['unknown-thing']);
    expect(result).toEqual({
      ok: false,
      reason: 'unknown-thing not installed: E: Unable to locate package unknown-thing',
      command: expect.stringMatching(
        /^(sudo )?apt-get update && (sudo )?apt-get install --no-install-recommends unknown-thing$/,
      ),
    });
  });

  it('ends an installation that is called off, with everything that it started', async () => {
    const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
    writeFileSync(join(system, 'lists'), '');
    const callOff = new AbortController();
    const installing = installPackages(['endless'], { signal: callOff.signal });
    const isAtWork = async () => existsSync(join(system, 'calls'));
    await waitUntil(isAtWork, { timeoutMs: 20_000, intervalMs: 5, what: 'apt-get is at work' });
    callOff.abort(new Error('called off'));
    await expect(installing).rejects.toThrow('called off');
  });

  it('ends an installation that takes too long', async () => {
    const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
    writeFileSync(join(system, 'lists'), '');
    const result = await installPackages(['endless'], { timeoutMs: 600 });
    expect(result).toMatchObject({ ok: false, reason: 'endless not installed: apt-get took too long' });
  });

  it('hands a system without apt-get the command to type', async () => {
    const folder = temporaryFolder();
    symlinkSync('/usr/bin/true', join(folder, 'dnf'));
    process.env.PATH = folder;
    const result = await installPackages(['bitcoind']);
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining('no apt-get') });
    expect(result).toMatchObject({ command: expect.stringMatching(/^(sudo )?dnf install bitcoind$/) });
  });

  it.runIf(othersCanRun)(
    'goes through sudo as an ordinary user, and says so where there is none',
    async () => {
      const system = standInSystem('apt-get', 'dpkg-query', 'sudo');
      writeFileSync(join(system, 'lists'), '');
      const install = (name: string) =>
        nextLine(fixture('look.ts', ['installPackages', JSON.stringify([name])], NOBODY));

      expect(JSON.parse(await install('ckpool'))).toEqual({ ok: true, installed: ['ckpool'] });
      expect(readFileSync(join(system, 'calls'), 'utf8')).toContain('runlevel=1 offline=1 sudo=yes');

      standInSystem('apt-get', 'dpkg-query');
      expect(JSON.parse(await install('ckpool'))).toEqual({
        ok: false,
        reason: 'it needs root, and there is no sudo that asks no password',
        command: 'sudo apt-get update && sudo apt-get install --no-install-recommends ckpool',
      });
    },
  );
});
