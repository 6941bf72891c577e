import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../../core/config.ts';
import { removeLabs } from '../../drill/lab.ts';
import { acquireFence } from '../../worker/host/fence.ts';
import { isPortFree } from '../../worker/host/port.ts';
import { Client } from '../client/client.ts';
import type { FinishedRunView, RunView } from '../client/run-view.ts';
import { loadConfig } from '../environment-variables.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { follow, type Reader } from '../follow/follow.ts';
import { lineReader } from '../follow/line-reader.ts';
import { startServices } from '../up.ts';
import { waitingJobs } from './dashboard.ts';
import { createLab, FALLBACK_PORTS, type Lab, STRATUM_PORT } from './lab.ts';
import { Squatter } from './squatter.ts';
import { minedBlocks, summary } from './summary.ts';

const PIPELINE = 'mining-infrastructure-setup';
const STOP_PIPELINE = 'mining-stack-stop';
const NAME = 'lab';

export interface DemoOptions {
  /** Leaves the stack and Davylamp running until a signal. */
  keep?: boolean;
}

/** `davy demo`: sets up a real mining stack, breaks it twice, and shows what was done about it. */
export async function demo({ keep = false }: DemoOptions): Promise<number> {
  const config = await demoConfig();
  const startedAt = performance.now();
  await mkdir(dirname(config.dataDir), { recursive: true });
  const fence = await acquireFence(`${config.dataDir}.lock`);
  if (!fence)
    throw new UsageError('demo-running', 'Another demo runs in this folder.', { nextStep: 'End it first.' });
  const labs = join(config.dataDir, 'labs');
  await removeLabs(labs);
  // Each demo begins with an empty database: a run that an earlier one left unfinished would hold the lab.
  await rm(config.dataDir, { recursive: true, force: true });
  const lab = await createLab(labs, NAME, config.dataDir);
  const squatter = new Squatter();
  say(`The lab is in ${lab.directory}. Starting Davylamp ...`);
  const davylamp = await startServices({ config, log: warnings });
  say(`Davylamp is ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s at ${davylamp.url}`);
  const client = new Client(davylamp);
  const context = { config, lab, squatter, client, ...davylamp };
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const scenarios = runScenarios(context);
    scenarios.catch(() => {});
    const runs = await Promise.race([scenarios, abortOf(interrupted.signal)]);
    if (runs === null) return EXIT.failed;
    const healed = runs.every(isHealed);
    say(...closingLines(runs, healed, context, keep));
    if (keep) await abortOf(interrupted.signal);
    return healed ? EXIT.succeeded : EXIT.failed;
  } finally {
    await squatter.release();
    if (!keep || interrupted.signal.aborted) await tidyUp(context);
    await davylamp.close();
    await fence.release();
  }
}

interface DemoContext {
  config: Config;
  lab: Lab;
  squatter: Squatter;
  client: Client;
  url: string;
  apiKey: string;
}

async function runScenarios(context: DemoContext): Promise<FinishedRunView[]> {
  const first = await portTaken(context);
  return first.status === 'succeeded' ? [first, await poolKilled(context)] : [first];
}

/** The pool's port is taken, and the pool says that it listens all the same. */
async function portTaken({ squatter, client, lab, ...api }: DemoContext): Promise<FinishedRunView> {
  const taken = await squatter.take(STRATUM_PORT);
  const who = taken ? 'this demo' : 'another program on this machine';
  say('', `Scenario 1: port ${STRATUM_PORT} is held by ${who}; the pool will say that it listens there.`);
  const run = await follow(
    client,
    await post(api, lab.directory, 'Set up the whole mining stack'),
    lineReader(),
  );
  await squatter.release();
  say(...summary('Scenario 1, as GET /v1/runs/{id} has it:', run));
  return run;
}

/** The pool dies while every port it may have is taken: the first attempt must fail, the delayed one heals. */
async function poolKilled(context: DemoContext): Promise<FinishedRunView> {
  const { squatter, client, lab, url, apiKey } = context;
  // Accepted first, broken then: while a run is at work the watch leaves the repair to it.
  const id = await post(context, lab.directory, 'Bring the stack back');
  const pid = await lab.killPool();
  for (const port of [STRATUM_PORT, ...FALLBACK_PORTS]) await squatter.take(port);
  say(
    '',
    `Scenario 2: the pool (pid ${pid}) was killed and every port it may have is taken. The same request again.`,
  );
  const onWait = async (run: RunView) => {
    const jobs = await waitingJobs({ url, apiKey });
    say(
      `  status ${run.status}, next attempt at ${run.nextAttemptAt}; delayed jobs on the dashboard: ${jobs.join(', ')}`,
    );
    await squatter.release();
    say('  the ports are free again; nobody tells Davylamp');
  };
  const reader = whenWaiting(lineReader(), onWait);
  const run = await follow(client, id, reader);
  say(...summary('Scenario 2:', run));
  return run;
}

/** Calls once when the run waits for a retry. */
function whenWaiting(reader: Reader, call: (run: RunView) => Promise<void>): Reader {
  let called = false;
  return {
    ...reader,
    onRun(before, answer) {
      reader.onRun(before, answer);
      if (called || answer.view.status !== 'waiting_retry') return;
      called = true;
      void call(answer.view);
    },
  };
}

/** The request as users send it: JSON wrapped in text. */
async function post(
  api: { url: string; apiKey: string },
  workingDirectory: string,
  userPrompt: string,
): Promise<string> {
  const request = JSON.stringify({ pipelineName: PIPELINE, userPrompt, workingDirectory }, null, 2);
  const response = await fetch(new URL('/v1/runs', api.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${api.apiKey}`, 'content-type': 'text/plain' },
    body: `[PIPELINE-EXECUTE]\n${request}\n[/PIPELINE-EXECUTE]`,
    signal: AbortSignal.timeout(10_000),
  });
  const body = (await response.json()) as { id?: string; detail?: string };
  if (response.status !== 202 || body.id === undefined)
    throw new Error(`POST /v1/runs answered ${response.status}: ${body.detail ?? JSON.stringify(body)}`);
  return body.id;
}

function isHealed({ status, incidents }: FinishedRunView): boolean {
  return (
    status === 'succeeded' &&
    incidents.length > 0 &&
    incidents.every((incident) => incident.status === 'resolved')
  );
}

function closingLines(
  runs: readonly FinishedRunView[],
  healed: boolean,
  { url, config }: DemoContext,
  keep: boolean,
): string[] {
  const incidents = runs.flatMap((run) => run.incidents);
  const blocks = runs.reduce((sum, run) => sum + minedBlocks(run), 0);
  const verdict = healed
    ? `Both runs succeeded; ${incidents.length} incidents, all resolved; blocks mined through the pool while proving it: ${blocks}.`
    : 'Not everything was healed: see above.';
  const look = [
    `API ${url}/v1/runs · queues ${url}/queues (admin key in ${join(config.dataDir, 'api-key')})`,
    `logs ${join(config.dataDir, 'logs')}`,
  ];
  const kept = keep ? ['', 'The stack goes on mining. Ctrl-C ends it.'] : [];
  return [verdict, ...look, ...kept];
}

/** Stops the stack the way its users would, and makes sure that nothing is left of it. */
async function tidyUp({ client, lab }: DemoContext): Promise<void> {
  try {
    const { id } = await client.startRun({
      pipelineName: STOP_PIPELINE,
      userPrompt: 'The demo is over',
      workingDirectory: lab.directory,
    });
    await follow(client, id, { onRun: () => {}, onRemark: () => {} });
  } catch (error) {
    say(`the stack could not be stopped over the API: ${String(error)}`);
  }
  await lab.remove();
  const left = await lab.running();
  say(left.length === 0 ? 'The lab is stopped and removed.' : `STILL RUNNING: ${left.join(', ')}`);
}

/** Apart from a Davylamp in real use: its own data, and another port where the usual one is taken. */
async function demoConfig(): Promise<Config> {
  const config = loadConfig();
  const dataDir = join(config.dataDir, 'demo');
  const port = (await isPortFree({ port: config.port, address: config.bind })) ? config.port : 0;
  return { ...config, dataDir, port, roots: [join(dataDir, 'labs')] };
}

function abortOf(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function warnings(level: string, message: string): void {
  if (level === 'warn' || level === 'error') console.error(`${level}: ${message}`);
}

function say(...lines: string[]): void {
  for (const line of lines) console.log(line);
}
