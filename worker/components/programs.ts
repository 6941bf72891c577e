import { resolve } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { commandOnPath } from '../host/packages.ts';
import type { Program } from './kind.ts';
import type { Member } from './stack.ts';
import { workingFolder } from './supervised.ts';

/** The program of a command as the component's start finds it: a relative path counts from its working folder. */
export async function programOf(
  member: Member,
  [name = '']: readonly string[],
  packages: readonly string[] = [],
): Promise<Program> {
  const file = name.includes('/') ? resolve(workingFolder(member), name) : name;
  return { name, path: await commandOnPath(file), packages: [...packages] };
}

/** The command of a component whose kind knows none. */
export function commandOf({ spec, ref }: Member): readonly string[] {
  if (spec.command !== undefined) return spec.command;
  throw new DavyError('bad_config', `davy.json: ${ref.name} of kind "${spec.kind}" has no command`, {
    component: ref.name,
    nextStep: 'Add "command": the program and its arguments, as a list.',
  });
}
