import { type Command, Option } from 'commander';
import { RESET_TYPES } from '../../core/reset.ts';
import { INCIDENT_STATUSES, RUN_STATUSES } from '../../core/run.ts';
import type { ControlOrder } from '../client/client.ts';
import { exit } from './exit.ts';

/** What starts runs, shows them and takes a hand in them. */
export function addRunCommands(program: Command): void {
  program
    .command('run')
    .description('run a pipeline')
    .argument('<pipeline>', 'its name, such as mining-infrastructure-setup')
    .option('--dir <dir>', 'the working directory, which holds the environment (default: this folder)')
    .option('--prompt <text>', 'what the run is for')
    .option('--host <host>', 'the host, where several have this working directory')
    .option('--follow', 'print what happens until the run ends')
    .option('--json', 'print the run as JSON; with --follow a line at each change')
    .action(async (pipeline, options) => exit(await (await import('../run.ts')).run(pipeline, options)));

  program
    .command('reset')
    .description('reset an environment: stop everything, clean what the type says, start it again, verify')
    .argument('<environment>', 'its name')
    .addOption(new Option('--type <type>', 'what to do').choices(RESET_TYPES).default('soft'))
    .option('--confirm <environment>', 'its name once more, where the type destroys data (data, full)')
    .option('--preempt', 'cancel the runs that are at work or wait there')
    .option('--host <host>', 'the host, where several have an environment of this name')
    .option('--follow', 'print what happens until the run ends')
    .option('--json', 'print the run as JSON; with --follow a line at each change')
    .action(async (environment, options) =>
      exit(await (await import('../reset.ts')).reset(environment, options)),
    );

  program
    .command('runs')
    .description('list runs, the newest first')
    .addOption(
      new Option('--status <status...>', 'only runs with one of these statuses').choices(RUN_STATUSES),
    )
    .option('--limit <count>', 'how many', '20')
    .option('--json', 'print the list as JSON')
    .action(async (options) => exit(await (await import('../runs.ts')).runs(options)));

  program
    .command('incidents')
    .description('list what broke, the newest first')
    .addOption(
      new Option('--status <status...>', 'only incidents with one of these statuses').choices(
        INCIDENT_STATUSES,
      ),
    )
    .option('--environment <environment>', 'only those of this environment')
    .option('--limit <count>', 'how many', '20')
    .option('--json', 'print the list as JSON')
    .action(async (options) => exit(await (await import('../incidents.ts')).incidents(options)));

  program
    .command('report')
    .description('show all that is known of an incident: what to do, what was tried, host and logs')
    .argument('<id>', 'the id of the incident')
    .option('--json', 'print the report as JSON')
    .action(async (id, options) => exit(await (await import('../incidents.ts')).report(id, options)));

  program
    .command('status')
    .description('show a run')
    .argument('<id>', 'the id of the run')
    .option('--follow', 'print what happens until the run ends')
    .option('--json', 'print the run as JSON; with --follow a line at each change')
    .action(async (id, options) => exit(await (await import('../status.ts')).status(id, options)));

  for (const [order, description] of Object.entries(CONTROLS) as [ControlOrder, string][])
    program
      .command(order)
      .description(description)
      .argument('<id>', 'the id of the run')
      .option('--follow', 'print what happens until the run ends')
      .option('--json', 'print the run as JSON; with --follow a line at each change')
      .action(async (id, options) => exit(await (await import('../control.ts')).control(order, id, options)));
}

const CONTROLS: Record<ControlOrder, string> = {
  cancel: 'end a run; what it started is left as it is',
  resume: 'let a run that failed or was escalated go on from the stage that failed',
  'retry-now': 'make the next recovery attempt of a run at once',
};
