import { installPackages } from '../../worker/host/packages.ts';
import { hasCommand, TEST_PACKAGES } from './packages.ts';

/** Vitest's global setup: installs what the tests need, or says what is missing and how to get it. */
export default async function setup(): Promise<void> {
  const missing = Object.entries(TEST_PACKAGES).filter(([command]) => !hasCommand(command));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  console.log(`Installing for the tests: ${packages.join(', ')}`);
  const result = await installPackages(packages);
  if (!result.ok)
    console.warn(
      `Not installed: ${result.reason}. Tests that need them are skipped. To install: ${result.command}`,
    );
}
