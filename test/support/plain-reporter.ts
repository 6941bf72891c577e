import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with one line that is the same for every machine that reads it: `12 passed, 0 failed, 1 skipped`,
 * counted in tests. What broke outside a test (a file that cannot be loaded, a hook) hides tests, so each counts
 * as one failed.
 */
export default class PlainReporter implements Reporter {
  private line = '';
  private registered = false;

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    this.line = summary(modules, unhandledErrors.length);
    if (this.registered) return;
    this.registered = true;
    // Only at the exit has everybody else said their last word.
    process.on('exit', () => process.stdout.write(`${this.line}\n`));
  }
}

function summary(modules: ReadonlyArray<TestModule>, unhandled: number): string {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const broken = suites.reduce((sum, suite) => sum + suite.errors().length, 0);
  const skipped = count('skipped') + count('pending');
  return `${count('passed')} passed, ${count('failed') + broken + unhandled} failed, ${skipped} skipped`;
}
