import { type Command, Option } from 'commander';
import type { OpenService } from '../service/service.ts';
import { exit } from './exit.ts';

/** What runs Davylamp, tries it out or looks after it. */
export function addServiceCommands(program: Command): void {
  program
    .command('up')
    .description('start Davylamp: API, worker and, where DATABASE_URL is unset, Postgres')
    .action(async () => exit(await (await import('../up.ts')).up()));

  program
    .command('demo')
    .description('set up a practice stack, break it twice, and watch it heal')
    .option('--keep', 'leave everything running until Ctrl-C')
    .action(async (options) => exit(await (await import('../demo/demo.ts')).demo(options)));

  program
    .command('drill')
    .description('break a stack on purpose, fault by fault, and show what was healed and how fast')
    .option('--list', 'list the faults; with --json as JSON')
    .option('--fault <name...>', 'provoke this one; may be repeated')
    .option('--all', 'provoke all of them')
    .option(
      '--dir <dir>',
      'the folder of a regtest stack that may be wiped (default: a practice stack of its own)',
    )
    .option('--rounds <count>', 'how often faults that are timed against a bare restart are provoked')
    .option('--report <file>', 'write the table as Markdown')
    .option('--json', 'print the results as JSON')
    .action(async (options) => exit(await (await import('../drill.ts')).drill(options)));

  program
    .command('api')
    .description('run the API alone')
    .addOption(supervised())
    .action((options) => serve('api', options, async () => (await import('../api.ts')).openApi));

  program
    .command('worker')
    .description('run the worker of this host alone')
    .addOption(supervised())
    .action((options) => serve('worker', options, async () => (await import('../worker.ts')).openWorker));

  program
    .command('migrate')
    .description('bring the database of DATABASE_URL to the newest schema')
    .action(async () => exit(await (await import('../migrate.ts')).migrateDatabase()));

  program
    .command('doctor')
    .description('look whether this machine has all that Davylamp needs, and say how to mend what is amiss')
    .option('--dir <dir>', 'the folder of a stack (default: this folder)')
    .option('--json', 'print the findings as JSON')
    .action(async (options) => exit(await (await import('../doctor.ts')).doctor(options)));
}

const supervised = () => new Option('--supervised', 'started by `davy up`').hideHelp();

async function serve(name: string, { supervised = false }, load: () => Promise<OpenService>): Promise<void> {
  const { runService } = await import('../service/service.ts');
  await runService(name, { supervised }, load);
}
