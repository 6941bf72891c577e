/** Sets the code with which the process ends by itself, so that all output gets out. */
export function exit(code: number): void {
  process.exitCode = code;
}
