import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';

/** The Debian packages behind the commands that tests use. */
export const TEST_PACKAGES = {
  litecoind: 'litecoind',
  'redis-server': 'redis-server',
  faketime: 'faketime',
  curl: 'curl',
  chromium: 'chromium',
} as const;

export type TestCommand = keyof typeof TEST_PACKAGES;

/** Whether a command is on the PATH. */
export function hasCommand(name: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v -- "$1"', 'sh', name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Tests that need a command which could not be installed are reported as skipped, with its name in the title. */
export function needs(command: TestCommand) {
  const missing = !hasCommand(command);
  return {
    describe: (name: string, tests: () => void) =>
      missing ? describe.skip(`${name} (${command} is not installed)`, tests) : describe(name, tests),
  };
}
