import { exitCodeOfError } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { reportError } from './report-error.ts';

/** They go on with their work when nobody reads what they print; the others end with their reader, as in `| head`. */
const WORKING = ['up', 'api', 'worker', 'demo', 'drill'];

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!WORKING.includes(process.argv[2] ?? '')) process.exit();
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  reportError(error);
  process.exit(exitCodeOfError(error));
}
