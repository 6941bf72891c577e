import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The pipeline whose effects can be counted. */
export const MARKS_PIPELINE = 'marks';
const MARKS_FILE = 'marks';

/**
 * A pipeline of commands, each of which writes its own name into a file of its environment as it begins and as it
 * ends. Whole lines, appended: the kernel keeps them apart, whoever else writes.
 */
export function marksPipeline({ stages, stageSeconds = 0 }: { stages: number; stageSeconds?: number }) {
  const ids = Array.from({ length: stages }, (_, index) => `stage_${index + 1}`);
  return {
    id: MARKS_PIPELINE,
    name: 'Leaves marks',
    stages: ids.map((id) => ({
      id,
      name: id,
      agent: 'command_runner',
      decisions: [{ choice: 'marked' }],
      command: {
        argv: ['sh', '-c', markScript(id, stageSeconds)],
        decisions: [{ exitCode: 0, choice: 'marked' }],
      },
    })),
    flow: {
      connections: ids.map((from, index) => ({ from, to: ids[index + 1] ?? null, condition: 'marked' })),
    },
  };
}

/** A command is not told whose it is, but its output goes to the folder of its attempt. */
const WHOSE = ['own=$(readlink /proc/$$/fd/1)', `own=\${own%/*}`, `own=\${own##*/}`];

function markScript(stageId: string, seconds: number): string {
  const mark = (word: string) => `echo "${word} $own ${stageId}" >> ${MARKS_FILE}`;
  return [...WHOSE, mark('begin'), ...(seconds > 0 ? [`sleep ${seconds}`] : []), mark('end')].join(' && ');
}

/** What one command wrote. */
export interface Mark {
  word: 'begin' | 'end';
  /** The id of the stage attempt on whose behalf it ran. */
  attemptId: string;
  stageId: string;
}

/** The marks that were made in an environment, in the order in which they were made. */
export async function readMarks(directory: string): Promise<Mark[]> {
  const text = await readFile(join(directory, MARKS_FILE), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [word, attemptId = '', stageId = ''] = line.split(' ');
      if (word !== 'begin' && word !== 'end') throw new Error(`"${line}" is no mark`);
      return { word, attemptId, stageId };
    });
}

/** Makes a folder with an environment in which nothing runs, nothing is started, and commands leave marks. */
export async function writeEnvironment(directory: string, name: string, ports: number[]): Promise<void> {
  const [rpcPort, p2pPort, stratumPort] = ports;
  await mkdir(directory, { recursive: true });
  const document = {
    name,
    manage: false,
    daemon: { rpcPort, p2pPort, dataDir: 'daemon' },
    pool: { stratumPort, fallbackPorts: [] },
  };
  await writeFile(join(directory, 'davy.json'), JSON.stringify(document));
}
