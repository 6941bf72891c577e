import type { Command } from 'commander';
import { exit } from './exit.ts';

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke API keys; wants an admin key');

  keys
    .command('create')
    .description('make a key; it is printed once')
    .argument('<name>', 'who or what it is for')
    .requiredOption('--scope <scope>', 'read, run, reset or admin; may be repeated', gather)
    .option('--expires <when>', 'such as 30d, 12h or 2027-01-31T12:00:00Z (default: never)')
    .option('--json', 'print the key and what is kept of it as JSON')
    .action(async (name, options) => exit(await (await import('../keys.ts')).createKey(name, options)));

  keys
    .command('list')
    .description('list keys, the newest first')
    .option('--json', 'print the list as JSON')
    .action(async (options) => exit(await (await import('../keys.ts')).listKeys(options)));

  keys
    .command('revoke')
    .description('let a key in no more, from its next request on')
    .argument('<id>', 'the id of the key')
    .option('--json', 'print what was done as JSON')
    .action(async (id, options) => exit(await (await import('../keys.ts')).revokeKey(id, options)));
}

/** Collects an option that may be repeated. */
function gather(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
