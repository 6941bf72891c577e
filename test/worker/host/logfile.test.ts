import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tailFile } from '../../../worker/host/logfile.ts';
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
