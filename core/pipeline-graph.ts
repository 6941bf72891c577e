import { actionNames, actionOf, choosesOwnWords, decisionFor, isAgent } from './agent.ts';
import { commandProblems } from './command.ts';
import type { Problem } from './errors.ts';
import type { Connection, Stage } from './pipeline.ts';

/** A definition as far as it can be read: `null` stands for what cannot. */
export interface Sketch {
  stages: readonly (Stage | null)[];
  /** Of all stages, those that cannot be read among them. */
  ids: readonly (string | null)[];
  connections: readonly (Connection | null)[];
}

/** What is wrong with the stages and connections that can be read, as far as the others have no say in it. */
export function graphProblems(sketch: Sketch): Problem[] {
  return [...stageProblems(sketch), ...connectionProblems(sketch)];
}

function stageProblems({ stages, ids }: Sketch): Problem[] {
  return stages.flatMap((stage, index) => {
    if (stage === null) return [];
    const at = `stages[${index}]`;
    const first = ids.indexOf(stage.id);
    const twice = { path: `${at}.id`, message: `"${stage.id}" is already the id of stages[${first}]` };
    return [
      ...(first === index ? [] : [twice]),
      ...decisionProblems(stage, at),
      ...agentProblems(stage, at),
      ...commandProblems(stage, at),
    ];
  });
}

function decisionProblems({ decisions }: Stage, at: string): Problem[] {
  const choices = decisions.map(({ choice }) => choice);
  return choices.flatMap((choice, position) =>
    choices.indexOf(choice) === position
      ? []
      : [{ path: `${at}.decisions[${position}].choice`, message: `"${choice}" is declared twice` }],
  );
}

function agentProblems(stage: Stage, at: string): Problem[] {
  const { agent, action } = stage;
  if (!isAgent(agent)) return [{ path: `${at}.agent`, message: `no agent is called "${agent}"` }];
  if (actionOf(stage) === null) {
    const message = `${agent} has no such action; it can ${actionNames(agent).join(', ')}`;
    return [{ path: action === undefined ? `${at}.decisions` : `${at}.action`, message }];
  }
  if (choosesOwnWords(stage) || decisionFor(stage, 'positive') !== null) return [];
  const message = `none of them is one that ${actionOf(stage)} gives when it succeeds`;
  return [{ path: `${at}.decisions`, message }];
}

function connectionProblems(sketch: Sketch): Problem[] {
  const routed = new Set<string>();
  return sketch.connections.flatMap((connection, index) => {
    if (connection === null) return [];
    const at = `flow.connections[${index}]`;
    const { from, condition } = connection;
    const key = JSON.stringify([from, condition]);
    const isTwice = routed.has(key);
    routed.add(key);
    return [
      ...endProblems(sketch, connection, at),
      ...(isTwice ? [{ path: at, message: `"${from}" routes "${condition}" twice` }] : []),
    ];
  });
}

function endProblems({ stages, ids }: Sketch, connection: Connection, at: string): Problem[] {
  const { from, to, condition, ends } = connection;
  const problems: Problem[] = [];
  // Where a stage tells no id, it may be the one that is meant.
  const isMissing = (id: string) => !ids.includes(id) && !ids.includes(null);
  const stage = stages[ids.indexOf(from)];
  if (isMissing(from)) problems.push({ path: `${at}.from`, message: `no stage is called "${from}"` });
  else if (stage && !stage.decisions.some(({ choice }) => choice === condition))
    problems.push({
      path: `${at}.condition`,
      message: `stage "${from}" does not declare "${condition}"`,
    });
  if (to !== null && isMissing(to))
    problems.push({ path: `${at}.to`, message: `no stage is called "${to}"` });
  if (to !== null && ends !== undefined)
    problems.push({ path: `${at}.ends`, message: 'only a connection to null ends the run' });
  return problems;
}
