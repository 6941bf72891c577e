import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addCompletionCommands } from './commands/completion.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addRunCommands } from './commands/runs.ts';
import { addServiceCommands } from './commands/services.ts';
import { shippedPath } from './places.ts';

/** All of the command line; what a command does is loaded when it is called. */
export function buildProgram(): Command {
  const program = new Command('davy')
    .description('Keeps a mining stack alive: a daemon, a Stratum pool and miners.')
    .version(versionOfDavylamp(), '-V, --version')
    .exitOverride()
    .showHelpAfterError('(davy --help tells more)')
    .addHelpText(
      'after',
      '\nExit codes: 0 succeeded, 1 failed or cancelled, 2 escalated, 3 not carried out, 130 left with Ctrl-C.',
    );
  addServiceCommands(program);
  addRunCommands(program);
  addKeyCommands(program);
  addCompletionCommands(program);
  return program;
}

export function versionOfDavylamp(): string {
  const { version } = JSON.parse(readFileSync(shippedPath('package.json'), 'utf8')) as { version: string };
  return version;
}
