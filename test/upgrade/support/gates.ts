import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { readMarks } from '../../support/marks.ts';

export const GATED_PIPELINE = 'gated';
export const GATED_STAGES = ['first', 'second', 'third', 'fourth'] as const;
export type GatedStage = (typeof GATED_STAGES)[number];

const POLLS_MAX = 4000;
const MARK_TIMEOUT_MS = 120_000;
const POLL_MS = 20;

/** Commands that leave marks as they begin and end, and end once their gate is open: a file in their folder. */
export function gatedPipeline() {
  return {
    id: GATED_PIPELINE,
    name: 'Waits at gates',
    stages: GATED_STAGES.map((id) => ({
      id,
      name: id,
      agent: 'command_runner',
      decisions: [{ choice: 'passed' }],
      command: { argv: ['sh', '-c', script(id)], decisions: [{ exitCode: 0, choice: 'passed' }] },
    })),
    flow: {
      connections: GATED_STAGES.map((from, index) => ({
        from,
        to: GATED_STAGES[index + 1] ?? null,
        condition: 'passed',
      })),
    },
  };
}

function script(stage: string): string {
  const mark = (word: string) => `echo "${word} \${DAVY_ATTEMPT_ID-} ${stage}" >> marks`;
  const wait = `i=0; while [ ! -e gates/${stage} ]; do i=$((i+1)); [ $i -lt ${POLLS_MAX} ] || exit 9; sleep 0.05; done`;
  return `${mark('begin')}; ${wait}; ${mark('end')}`;
}

export async function openGates(directory: string, ...stages: GatedStage[]): Promise<void> {
  await mkdir(join(directory, 'gates'), { recursive: true });
  for (const stage of stages) await writeFile(join(directory, 'gates', stage), '');
}

export async function closeGates(directory: string): Promise<void> {
  await rm(join(directory, 'gates'), { recursive: true, force: true });
}

/** How often the command of a stage has begun, or ended. */
export async function timesMarked(
  directory: string,
  word: 'begin' | 'end',
  stage: GatedStage,
): Promise<number> {
  return (await readMarks(directory)).filter((mark) => mark.word === word && mark.stageId === stage).length;
}

/** Waits until the command of a stage has begun for the nth time. */
export async function untilBegun(directory: string, stage: GatedStage, times = 1): Promise<void> {
  await waitUntil(async () => (await timesMarked(directory, 'begin', stage)) >= times, {
    timeoutMs: MARK_TIMEOUT_MS,
    intervalMs: POLL_MS,
    what: `${stage} begins for the ${times}. time`,
  });
}
