import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { RESET_TYPES } from '../core/reset.ts';
import type { ControlOrder } from './client/client.ts';
import { exitCodeOfError } from './exit-codes.ts';
import { shippedPath } from './places.ts';
import { reportError } from './report-error.ts';
import type { OpenService } from './service/service.ts';

const { version } = JSON.parse(readFileSync(shippedPath('package.json'), 'utf8')) as { version: string };

const program = new Command('davy')
  .description('Keeps a mining stack alive: a daemon, a Stratum pool and miners.')
  .version(version, '-V, --version')
  .exitOverride()
  .showHelpAfterError('(davy --help tells more)')
  .addHelpText(
    'after',
    '\nExit codes: 0 succeeded, 1 failed or cancelled, 2 escalated, 3 not carried out, 130 left with Ctrl-C.',
  );

const supervised = () => new Option('--supervised', 'started by `davy up`').hideHelp();

program
  .command('up')
  .description('start Davylamp: API, worker and, where DATABASE_URL is unset, Postgres')
  .action(async () => exit(await (await import('./up.ts')).up()));

program
  .command('demo')
  .description('set up a practice stack, break it twice, and watch it heal')
  .option('--keep', 'leave everything running until Ctrl-C')
  .action(async (options) => exit(await (await import('./demo/demo.ts')).demo(options)));

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
  .action(async (options) => exit(await (await import('./drill.ts')).drill(options)));

program
  .command('api')
  .description('run the API alone')
  .addOption(supervised())
  .action((options) => serve('api', options, async () => (await import('./api.ts')).openApi));

program
  .command('worker')
  .description('run the worker of this host alone')
  .addOption(supervised())
  .action((options) => serve('worker', options, async () => (await import('./worker.ts')).openWorker));

program
  .command('migrate')
  .description('bring the database of DATABASE_URL to the newest schema')
  .action(async () => exit(await (await import('./migrate.ts')).migrateDatabase()));

program
  .command('run')
  .description('run a pipeline')
  .argument('<pipeline>', 'its name, such as mining-infrastructure-setup')
  .option('--dir <dir>', 'the working directory, which holds the environment (default: this folder)')
  .option('--prompt <text>', 'what the run is for')
  .option('--host <host>', 'the host, where several have this working directory')
  .option('--follow', 'print what happens until the run ends')
  .option('--json', 'print the run as JSON; with --follow a line at each change')
  .action(async (pipeline, options) => exit(await (await import('./run.ts')).run(pipeline, options)));

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
    exit(await (await import('./reset.ts')).reset(environment, options)),
  );

program
  .command('runs')
  .description('list runs, the newest first')
  .option('--status <status...>', 'only runs with one of these statuses')
  .option('--limit <count>', 'how many', '20')
  .option('--json', 'print the list as JSON')
  .action(async (options) => exit(await (await import('./runs.ts')).runs(options)));

program
  .command('incidents')
  .description('list what broke, the newest first')
  .option('--status <status...>', 'only incidents with one of these statuses: open, resolved, escalated')
  .option('--environment <environment>', 'only those of this environment')
  .option('--limit <count>', 'how many', '20')
  .option('--json', 'print the list as JSON')
  .action(async (options) => exit(await (await import('./incidents.ts')).incidents(options)));

program
  .command('report')
  .description('show all that is known of an incident: what to do, what was tried, host and logs')
  .argument('<id>', 'the id of the incident')
  .option('--json', 'print the report as JSON')
  .action(async (id, options) => exit(await (await import('./incidents.ts')).report(id, options)));

program
  .command('status')
  .description('show a run')
  .argument('<id>', 'the id of the run')
  .option('--follow', 'print what happens until the run ends')
  .option('--json', 'print the run as JSON; with --follow a line at each change')
  .action(async (id, options) => exit(await (await import('./status.ts')).status(id, options)));

const CONTROLS: Record<ControlOrder, string> = {
  cancel: 'end a run; what it started is left as it is',
  resume: 'let a run that failed or was escalated go on from the stage that failed',
  'retry-now': 'make the next recovery attempt of a run at once',
};

for (const [order, description] of Object.entries(CONTROLS) as [ControlOrder, string][])
  program
    .command(order)
    .description(description)
    .argument('<id>', 'the id of the run')
    .option('--follow', 'print what happens until the run ends')
    .option('--json', 'print the run as JSON; with --follow a line at each change')
    .action(async (id, options) => exit(await (await import('./control.ts')).control(order, id, options)));

const keys = program.command('keys').description('make, list and revoke API keys; wants an admin key');

keys
  .command('create')
  .description('make a key; it is printed once')
  .argument('<name>', 'who or what it is for')
  .requiredOption('--scope <scope>', 'read, run, reset or admin; may be repeated', gather)
  .option('--expires <when>', 'such as 30d, 12h or 2027-01-31T12:00:00Z (default: never)')
  .option('--json', 'print the key and what is kept of it as JSON')
  .action(async (name, options) => exit(await (await import('./keys.ts')).createKey(name, options)));

keys
  .command('list')
  .description('list keys, the newest first')
  .option('--json', 'print the list as JSON')
  .action(async (options) => exit(await (await import('./keys.ts')).listKeys(options)));

keys
  .command('revoke')
  .description('let a key in no more, from its next request on')
  .argument('<id>', 'the id of the key')
  .option('--json', 'print what was done as JSON')
  .action(async (id, options) => exit(await (await import('./keys.ts')).revokeKey(id, options)));

/** Collects an option that may be repeated. */
function gather(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

async function serve(name: string, { supervised = false }, load: () => Promise<OpenService>): Promise<void> {
  const { runService } = await import('./service/service.ts');
  await runService(name, { supervised }, load);
}

/** Sets the code with which the process ends by itself, so that all output gets out. */
function exit(code: number): void {
  process.exitCode = code;
}

try {
  await program.parseAsync();
} catch (error) {
  reportError(error);
  process.exit(exitCodeOfError(error));
}
