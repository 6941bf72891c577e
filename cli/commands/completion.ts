import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../completion/scripts.ts';

/** The script that a shell reads, and the hidden command that it asks at each press of the key. */
export function addCompletionCommands(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes davy in a shell: source <(davy completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .action(async (shell: Shell) => await (await import('../completion/scripts.ts')).printScript(shell));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      await (await import('../completion/complete.ts')).complete(program, words);
      // A request that is not waited for any more must not keep a shell waiting.
      process.exit();
    });
}
