import type { Argument, Command, Option } from 'commander';

export interface Name {
  name: string;
  /** What shells that can do so show beside it. */
  about: string;
}

/** What may stand in place of the last word: what the program knows of itself, and what is to be asked for. */
export interface Completions {
  names: Name[];
  /** An argument or an option, such as `id` or `--host`, and the command that takes it, such as `keys revoke`. */
  asked: { command: string; place: string } | null;
}

const NOTHING: Completions = { names: [], asked: null };

/** How the words of a command line may go on; the last one is the one under the cursor, and may be empty. */
export function completionsFor(program: Command, words: readonly string[]): Completions {
  const current = words.at(-1) ?? '';
  const { command, path, value, positionals } = walk(program, words.slice(0, -1));
  if (value && !current.startsWith('-')) return choicesOf(value, path, value.long ?? value.name());
  const help = command.createHelp();
  if (current.startsWith('-')) return { names: help.visibleOptions(command).map(optionName), asked: null };
  const argument = command.registeredArguments[positionals] ?? variadic(command.registeredArguments.at(-1));
  const { names, asked } = argument ? choicesOf(argument, path, argument.name()) : NOTHING;
  const commands = positionals === 0 ? help.visibleCommands(command) : [];
  const subcommands = commands.map((sub) => ({ name: sub.name(), about: sub.description() }));
  return { names: [...subcommands, ...names], asked };
}

interface Position {
  command: Command;
  /** Its name, and that of the one that it belongs to. */
  path: string;
  /** The option whose value comes next. */
  value: Option | null;
  positionals: number;
}

function walk(program: Command, words: readonly string[]): Position {
  let at: Position = { command: program, path: '', value: null, positionals: 0 };
  for (const word of words) at = step(at, word);
  return at;
}

function step(at: Position, word: string): Position {
  if (word.startsWith('-')) return { ...at, value: takingValue(at.command, word) };
  if (at.value) return { ...at, value: at.value.variadic ? at.value : null };
  const sub = at.positionals === 0 ? at.command.commands.find((one) => one.name() === word) : undefined;
  if (!sub) return { ...at, positionals: at.positionals + 1 };
  return { command: sub, path: `${at.path} ${word}`.trim(), value: null, positionals: 0 };
}

function takingValue(command: Command, word: string): Option | null {
  const option = command.options.find(({ long, short }) => word === long || word === short);
  return option && (option.required || option.optional) ? option : null;
}

function choicesOf({ argChoices }: Argument | Option, command: string, place: string): Completions {
  if (argChoices === undefined) return { names: [], asked: { command, place } };
  return { names: argChoices.map((name) => ({ name, about: '' })), asked: null };
}

function optionName({ long, short, description }: Option): Name {
  return { name: long ?? short ?? '', about: description };
}

function variadic(argument: Argument | undefined): Argument | undefined {
  return argument?.variadic ? argument : undefined;
}
