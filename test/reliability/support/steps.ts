/** Pipelines of commands that write their stage's name into a file as they begin and as they end. */
export const STEPS = 'steps';
export const HELD = 'held';
export const SINGLE = 'single';
export const FAILING = 'failing';

/** A command of `HELD` waits for this file in the folder of its environment. */
export const GATE = 'gate';
const MARKS = 'marks';

const mark = (word: string, stageId: string) =>
  `echo "${word} \${DAVY_COMPONENT#command:} ${stageId}" >> ${MARKS}`;
/** It ends with the folder too: a command outlives its worker, and would outlive a test that failed. */
const GATED = `until [ -e ${GATE} ] || [ ! -e ${MARKS} ]; do sleep 0.05; done`;

const stage = (id: string, ...between: string[]) => ({
  id,
  name: id,
  agent: 'command_runner',
  decisions: [{ choice: 'marked' }],
  command: {
    argv: ['sh', '-c', [mark('begin', id), ...between, mark('end', id)].join(' && ')],
    decisions: [{ exitCode: 0, choice: 'marked' }],
  },
});

const pipeline = (id: string, stages: ReturnType<typeof stage>[]) => ({
  id,
  name: id,
  stages,
  flow: {
    connections: stages.map(({ id: from }, index) => ({
      from,
      to: stages[index + 1]?.id ?? null,
      condition: 'marked',
    })),
  },
});

/** Three stages at once; three of which the first waits at the gate; one; and one that fails for ever. */
export const PIPELINES = [
  pipeline(
    STEPS,
    ['one', 'two', 'three'].map((id) => stage(id)),
  ),
  pipeline(HELD, [stage('one', GATED), stage('two'), stage('three')]),
  pipeline(SINGLE, [stage('one')]),
  pipeline(FAILING, [stage('one', 'false')]),
];
