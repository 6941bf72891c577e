import { exitCodeOfError } from './exit-codes.ts';
import { buildProgram } from './program.ts';
import { reportError } from './report-error.ts';

try {
  await buildProgram().parseAsync();
} catch (error) {
  reportError(error);
  process.exit(exitCodeOfError(error));
}
