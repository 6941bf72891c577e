import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../../worker/host/command.ts';
import { nowMs } from '../../clock.ts';
import type { Fault } from '../../fault.ts';
import { isOnTmpfs, TMPFS_MB } from '../../small-disk.ts';

const SMALL_MB = 256;
const LEFT_BYTES = 1_000_000;
const COMMAND_MS = 5_000;

/** A host that has run out of something: a person is called, nothing is wiped. */
export const resourceFaults: readonly Fault[] = [
  {
    name: 'disk-full',
    layer: 'environment',
    title: 'the filesystem of the whole stack, a tmpfs of its own, is filled to the last megabyte',
    expects: {
      outcome: 'escalated',
      reason: 'resource_exhausted',
      diagnoses: ['environment:resource_exhausted', 'daemon:resource_exhausted'],
    },
    applies: ({ stack }) => (isOnTmpfs(stack.directory) ? null : 'its folder is no filesystem of its own'),
    async inject({ stack }) {
      const filler = join(stack.directory, 'filler');
      const full = async (megabytes: number) =>
        await runCommand(['mount', '-o', `remount,size=${megabytes}m`, stack.directory], {
          timeoutMs: COMMAND_MS,
        });
      const { exitCode, stderr } = await full(SMALL_MB);
      if (exitCode !== 0) throw new Error(`the filesystem could not be made smaller: ${stderr}`);
      const { bavail, bsize } = await statfs(stack.directory);
      const atMs = nowMs();
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES)));
      return {
        atMs,
        async undo() {
          await rm(filler, { force: true });
          await full(TMPFS_MB);
        },
      };
    },
  },
];
