import { execFileSync } from 'node:child_process';
import { appendFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSince, tailFile } from '../../../worker/host/logfile.ts';
import { temporaryFolder } from './support.ts';

const MANY = 65_536;

function logFile(content: string): string {
  const path = join(temporaryFolder(), 'debug.log');
  writeFileSync(path, content);
  return path;
}

describe('tailFile', () => {
  it('returns whole lines from the end', async () => {
    const path = logFile('first\nsecond\nthird');
    expect(await tailFile(path, MANY)).toBe('first\nsecond\nthird');
    expect(await tailFile(path, 10)).toBe('third');
    expect(await tailFile(path, 3)).toBe('ird');
    expect(await tailFile(logFile('aé'), 1)).not.toContain('\ufffd');
  });

  it('is empty without a file, and refuses what is no file', async () => {
    const folder = temporaryFolder();
    expect(await tailFile(join(folder, 'none'), MANY)).toBe('');
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await expect(tailFile(join(folder, 'fifo'), MANY)).rejects.toThrow('not a regular file');
  });
});

describe('readSince', () => {
  it('continues where it was, piece by piece', async () => {
    const path = logFile('one\n');
    const first = await readSince(path, 0, MANY);
    expect(first).toMatchObject({ text: 'one\n', offset: 4, restarted: false, more: false });

    appendFileSync(path, 'two\nthree\n');
    const second = await readSince(path, first, 4);
    expect(second).toMatchObject({ text: 'two\n', offset: 8, more: true });
    expect(await readSince(path, second.offset, MANY)).toMatchObject({
      text: 'three\n',
      offset: 14,
      more: false,
    });
  });

  it('never splits a character', async () => {
    const path = logFile('a€b');
    const first = await readSince(path, 0, 3);
    expect(first).toMatchObject({ text: 'a', offset: 1 });
    expect(await readSince(path, first, 3)).toMatchObject({ text: '€', offset: 4 });
    appendFileSync(path, Buffer.from([0xe2, 0x82]));
    expect(await readSince(path, 4, MANY)).toMatchObject({ text: 'b', offset: 5 });
    appendFileSync(path, Buffer.from([0xac]));
    expect(await readSince(path, 5, MANY)).toMatchObject({ text: '€', offset: 8 });
  });

  it('starts again after a truncation', async () => {
    const path = logFile('a long first life\n');
    const before = await readSince(path, 0, MANY);
    truncateSync(path);
    appendFileSync(path, 'second\n');
    expect(await readSince(path, before, MANY)).toMatchObject({
      text: 'second\n',
      offset: 7,
      restarted: true,
    });
  });

  it('starts again after a rotation, though the new file is longer', async () => {
    const path = logFile('old\n');
    const before = await readSince(path, 0, MANY);
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new and longer\n');
    expect(await readSince(path, before, MANY)).toMatchObject({ text: 'new and longer\n', restarted: true });
  });

  it('waits at the beginning for a file that is not there yet', async () => {
    const path = join(temporaryFolder(), 'later.log');
    const nothing = await readSince(path, 0, MANY);
    expect(nothing).toEqual({ text: '', offset: 0, restarted: false, more: false });
    writeFileSync(path, 'now\n');
    expect(await readSince(path, nothing, MANY)).toMatchObject({ text: 'now\n', restarted: false });
  });
});
