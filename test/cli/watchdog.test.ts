import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const BLOCK = fileURLToPath(new URL('fixtures/block.ts', import.meta.url));

test('a process whose event loop is blocked for too long is killed, and its log says why', async () => {
  const { signal, said } = await block({ limitMs: 300, blockMs: 20_000 });
  expect(signal).toBe('SIGKILL');
  expect(said).toContain('the event loop has been blocked for 0.3 s');
});

test('a shorter block is let be, and the watchdog keeps no process alive', async () => {
  const { code, said } = await block({ limitMs: 1_500, blockMs: 700, idleMs: 2_000 });
  expect(code).toBe(0);
  expect(said).toBe('');
});

async function block({
  limitMs,
  blockMs,
  idleMs = 0,
}: {
  limitMs: number;
  blockMs: number;
  idleMs?: number;
}) {
  const times = [limitMs, blockMs, idleMs].map(String);
  const child = spawn(process.execPath, ['--import', 'tsx', BLOCK, ...times], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, said };
}
