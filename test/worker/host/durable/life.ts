import { runDurably } from '../../../../worker/host/durable/durable-command.ts';

/** One life of a worker: takes the command up, tells how it ended, and stays. */
const [folder = '', cwd = '', ...argv] = process.argv.slice(2);
const result = await runDurably(argv, {
  folder,
  attemptId: folder,
  saved: async () => [],
  cwd,
  timeoutMs: 60_000,
  maxOutputBytes: 1_000,
  signal: new AbortController().signal,
});
process.stdout.write(`${JSON.stringify(result)}\n`);
setInterval(() => {}, 60_000);
