import { z } from 'zod';
import { actionOf, choosesOwnWords } from './agent.ts';
import type { Problem } from './errors.ts';
import type { Stage } from './pipeline.ts';
import { argv, identifier, text } from './text.ts';

/** How patterns are read: line by line, and strictly, so that a typing mistake does not pass. */
export const PATTERN_FLAGS = 'mu';

/** Not what makes the loader of a program load foreign code, nor what is the service's own. */
const variable = z
  .string()
  .max(128)
  .regex(
    /^(?!DAVY_|LD_|(?:NODE_OPTIONS|DATABASE_URL|REDIS_URL)$)[A-Za-z_][A-Za-z0-9_]*$/,
    'must be letters, digits or _, and none of DAVY_*, LD_*, NODE_OPTIONS, DATABASE_URL, REDIS_URL',
  );

const ruleSchema = z
  .strictObject({
    exitCode: z.int().min(0).max(255).describe('The exit code of the command.').optional(),
    pattern: z
      .string()
      .min(1)
      .max(256)
      .refine(compiles, 'is no regular expression (of JavaScript, with the flags m and u)')
      .describe(
        'A JavaScript regular expression (flags m and u), found in the last 32 KiB of standard output or error.',
      )
      .optional(),
    choice: identifier.describe('One of the decisions of the stage.'),
  })
  .refine(({ exitCode, pattern }) => exitCode !== undefined || pattern !== undefined, {
    message: 'needs an exitCode or a pattern',
  })
  .meta({
    description: 'Holds where the exit code and the pattern hold, as far as it names them.',
    anyOf: [{ required: ['exitCode'] }, { required: ['pattern'] }],
  });

/** What a stage of `command_runner` runs, and what its end decides. */
export const commandSchema = z
  .strictObject({
    argv: argv.describe('The program and its arguments. No shell reads them.'),
    cwd: text()
      .describe('Where it runs: inside the folder of davy.json, relative to it. Missing: that folder.')
      .optional(),
    env: z
      .record(variable, text())
      .describe('Its environment, beside PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ and TMPDIR.')
      .optional(),
    timeoutSeconds: z
      .number()
      .positive()
      .max(86_400)
      .describe('Then it is killed with its process group. Missing: the time limit of the stage alone.')
      .optional(),
    decisions: z
      .array(ruleSchema)
      .min(1)
      .max(50)
      .describe('The first rule that holds decides. A command that a signal ended decides nothing.'),
    otherwise: identifier.describe('The decision where no rule holds. Missing: the stage fails.').optional(),
  })
  .describe('What a stage of the agent command_runner runs.');

export type Command = z.infer<typeof commandSchema>;
export type CommandRule = Command['decisions'][number];

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, PATTERN_FLAGS);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the command of a stage, beyond its shape; the paths begin with the stage's own. */
export function commandProblems(stage: Stage, at: string): Problem[] {
  const { command } = stage;
  if (actionOf(stage) === null) return [];
  const runsOne = choosesOwnWords(stage);
  if (!command) return runsOne ? [{ path: `${at}.command`, message: `${stage.agent} needs one` }] : [];
  if (!runsOne) return [{ path: `${at}.command`, message: `${stage.agent} takes none` }];
  const choices = [
    ...command.decisions.map(({ choice }, index) => ({ path: `decisions[${index}].choice`, choice })),
    ...(command.otherwise === undefined ? [] : [{ path: 'otherwise', choice: command.otherwise }]),
  ];
  return choices
    .filter(({ choice }) => !stage.decisions.some((declared) => declared.choice === choice))
    .map(({ path, choice }) => ({
      path: `${at}.command.${path}`,
      message: `stage "${stage.id}" does not declare "${choice}"`,
    }));
}

/**
 * The rules that this exit code leaves, in their order, up to the first that asks for nothing more: each but the
 * last has a pattern.
 */
export function rulesAfterExit({ decisions }: Command, exitCode: number): CommandRule[] {
  const left = decisions.filter((rule) => rule.exitCode === undefined || rule.exitCode === exitCode);
  const certain = left.findIndex(({ pattern }) => pattern === undefined);
  return certain === -1 ? left : left.slice(0, certain + 1);
}
