import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnvironment } from '../../../core/environment.ts';
import { messageOf } from '../../../core/errors.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { findFiles } from '../../../worker/roots.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, problem, warning } from '../finding.ts';
import { lookAtStack } from './stack.ts';

/** Every stack that is within reach: in the folder, and below the roots of the worker. */
export async function lookAtStacks({ config, directory }: DoctorContext): Promise<Finding[]> {
  const folders = await Promise.all(
    [directory, ...config.roots].map((folder) => realpath(folder).catch(() => null)),
  );
  const files = await findFiles(
    folders.filter((folder) => folder !== null),
    config.environmentFile,
  );
  if (files.length === 0) {
    const fact = `no ${config.environmentFile} in ${directory} or below ${config.roots.join(', ')}`;
    const mend = `Write one with at least {"name": "my-stack", "daemon": {}, "pool": {}, "miners": [{}]}.`;
    return [warning('stack', fact, mend)];
  }
  return (await Promise.all(files.map((file) => lookAtFile(file, config.dataDir)))).flat();
}

async function lookAtFile(file: string, dataDir: string): Promise<Finding[]> {
  try {
    const parsed = parseEnvironment(JSON.parse(await readFile(file, 'utf8')));
    if (!parsed.ok)
      return parsed.problems.map(({ path, message }) =>
        problem(file, `${path}: ${message}`, 'Correct the file.'),
      );
    const { environment } = parsed;
    const stateDirectory = join(dataDir, 'environments', environment.name);
    const stack: Stack = { environmentId: '', environment, directory: dirname(file), stateDirectory };
    return await lookAtStack(stack);
  } catch (error) {
    return [problem(file, messageOf(error), 'Correct the file.')];
  }
}
