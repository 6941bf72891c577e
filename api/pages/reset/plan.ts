import { posix } from 'node:path';
import type { Environment } from '../../../core/environment.ts';
import { DATA_DESTROYING, type ResetType } from '../../../core/reset.ts';
import { type Cleared, PRACTICE_CHAIN, resetPlan } from '../../../core/reset-plan.ts';

/** What a reset will do, each item as a line; paths are code. */
export interface ToldPlan {
  stops: string[];
  deletes: ToldPath[];
  keeps: string[];
}

export interface ToldPath {
  what: string;
  path: string;
}

/** What is stopped, deleted and kept by a reset of this type, in the words of the page. */
export function toldPlan(
  { definition, workingDirectory }: { definition: Environment; workingDirectory: string },
  type: ResetType,
): ToldPlan {
  const { stops, clears, configures } = resetPlan(definition, type);
  return {
    stops,
    deletes: clears.map((cleared) => toldPath(cleared, workingDirectory)),
    keeps: [
      ...(DATA_DESTROYING[type]
        ? [
            'Wallets: they are copied first, and the new chain has them again',
            'What else is in the data directories: other chains and settings',
          ]
        : ['Chain, wallets, pool data and logs: no data is touched']),
      ...(configures.length > 0
        ? [
            'Configuration: what is missing is written, what is there stays, with the old file beside it as .bak',
          ]
        : ['Configuration files']),
      'davy.json, and everything that it does not name',
    ],
  };
}

function toldPath(cleared: Cleared, workingDirectory: string): ToldPath {
  const { component } = cleared;
  switch (cleared.what) {
    case 'chain':
      return {
        what: `the practice chain of ${component}`,
        path: pathFrom(workingDirectory, cleared.dataDir, PRACTICE_CHAIN),
      };
    case 'log':
      return {
        what: `a log of ${component}`,
        path: cleared.file.startsWith('~')
          ? cleared.file
          : pathFrom(workingDirectory, cleared.directory, cleared.file),
      };
    case 'output':
      return {
        what: `what ${component} printed, in Davylamp’s folder of this stack`,
        path: `${component}.out`,
      };
  }
}

/** As its host will find it; only that host knows what `~` is. */
function pathFrom(folder: string, declared: string, ...below: string[]): string {
  return declared.startsWith('~')
    ? posix.join(declared, ...below)
    : posix.resolve(folder, declared, ...below);
}
