import { endOf } from './escalation.ts';
import type { IncidentReport, LogTail, RecoveryFacts, Snapshot } from './report.ts';
import { escalationSentence } from './words/escalation.ts';
import { failureQuestion, failureSentence } from './words/failure.ts';
import { strategyPhrase } from './words/strategy.ts';
import { oneLine } from './words/text.ts';

/** A report for people, the most urgent first. */
export function reportMarkdown(report: IncidentReport): string {
  const { incident, nextSteps, findings, ruledOut, recoveries, timeline, snapshot } = report;
  const what = `${incident.component ?? 'unknown component'}: ${incident.failure ?? 'cause not found'}`;
  return [
    `# ${plain(incident.environment)} on ${plain(incident.host)}: ${plain(what)}`,
    plain(failureSentence(incident.component, incident.failure)),
    ending(report),
    section(
      'What to do',
      nextSteps.map((step, index) => `${index + 1}. ${plain(step)}`),
    ),
    section(
      'What is wrong',
      findings.map((finding) => `- ${plain(finding)}`),
    ),
    ...(ruledOut.length === 0
      ? []
      : [
          section(
            'What was ruled out',
            ruledOut.map(
              ({ component, failure, fact }) =>
                `- ${plain(failureQuestion(component, failure))} No: ${plain(fact)}.`,
            ),
          ),
        ]),
    section('What was tried', recoveries.length === 0 ? ['Nothing.'] : recoveries.flatMap(recoveryLines)),
    section(
      'Timeline',
      timeline.map(({ at, what }) => `- \`${at}\` ${plain(what)}`),
    ),
    ...(snapshot === null ? ['No snapshot of the host and its logs was kept.'] : snapshotSections(snapshot)),
    `Incident ${incident.id}, run ${incident.runId} (${plain(incident.pipeline)}).\n`,
  ].join('\n\n');
}

function ending({ incident: { escalation, status, occurredAt, endedAt } }: IncidentReport): string {
  const times = `It happened at ${occurredAt}${endedAt === null ? '' : ` and was ${escalation ? endOf(escalation) : status} at ${endedAt}`}.`;
  if (escalation === null) return times;
  const why = `**${escalation.reason}**: ${plain(escalation.detail)}`;
  return `${why}\n\n${escalationSentence(escalation.reason)} ${times}`;
}

function recoveryLines({
  number,
  strategy,
  delaySeconds,
  outcome,
  reason,
  actions,
}: RecoveryFacts): string[] {
  const wait = delaySeconds > 0 ? ` after ${delaySeconds} s` : '';
  const plan = strategy === null ? 'no strategy' : `${strategy} (${strategyPhrase(strategy)})`;
  const end = [outcome ?? 'not ended', reason].filter(Boolean).join(': ');
  return [
    `${number}. ${plain(plan)}${wait}: ${plain(end)}`,
    ...actions.map(
      ({ what, result, durationMs }) => `   - ${plain(what)}: ${plain(result)} (${durationMs} ms)`,
    ),
  ];
}

function snapshotSections({ takenAt, system, logs, problems }: Snapshot): string[] {
  return [
    section(`The host at ${takenAt}`, systemLines(system)),
    ...(problems.length === 0
      ? []
      : [
          section(
            'Not collected',
            problems.map((problem) => `- ${plain(problem)}`),
          ),
        ]),
    section('Logs', []),
    ...logs.map(logBlock),
  ];
}

function systemLines(system: Snapshot['system']): string[] {
  const { uptimeSeconds, loadAverage, processors, memory, disks = [], descriptors = [], ports = [] } = system;
  return [
    ...(uptimeSeconds ? [`- up: host ${uptimeSeconds.host} s, worker ${uptimeSeconds.worker} s`] : []),
    ...(loadAverage ? [`- load: ${loadAverage.join(', ')} on ${processors ?? '?'} processors`] : []),
    ...(memory ? [`- memory: ${size(memory.availableBytes)} of ${size(memory.totalBytes)} available`] : []),
    ...disks.map(
      ({ path, freeBytes, totalBytes }) =>
        `- disk at ${plain(path)}: ${size(freeBytes)} of ${size(totalBytes)} free`,
    ),
    ...descriptors.map(
      ({ process, pid, open, limit }) =>
        `- file descriptors of ${plain(process)} (pid ${pid}): ${open} of ${limit ?? 'any number'}`,
    ),
    ...ports.map(
      ({ component, port, holder, owner }) =>
        `- port ${port} of ${plain(component)}: ${holder === 'foreign' ? `held by ${plain(owner ?? 'somebody else')}` : holder}`,
    ),
    ...Object.entries(system.versions ?? {}).map(([name, version]) => `- ${plain(name)} ${plain(version)}`),
  ];
}

/** A fence that no line of the log can end. */
function logBlock({ component, file, lines }: LogTail): string {
  const ticks = lines.flatMap((line) => line.match(/`+/g) ?? []).map(({ length }) => length);
  const fence = '`'.repeat(Math.max(2, ...ticks) + 1);
  const text = lines.length === 0 ? '(empty)' : lines.join('\n');
  return `### ${plain(component)}: ${plain(file)}\n\n${fence}text\n${text}\n${fence}`;
}

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n');
}

function size(bytes: number): string {
  const gigabytes = bytes / 1024 ** 3;
  return gigabytes >= 1 ? `${gigabytes.toFixed(1)} GB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}

/** On one line, and nothing that Markdown or a browser would take for more than text. */
function plain(text: string): string {
  return oneLine(text).replace(/[\\`<]/g, '\\$&');
}
