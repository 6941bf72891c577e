import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PipelineLibrary } from '../../../api/runs/pipeline-library.ts';
import { messageOf } from '../../../core/errors.ts';
import { parseSettings } from '../../../core/settings.ts';
import { foreignFileSystem, readMounts } from '../../../worker/host/mounts.ts';
import { shippedPath } from '../../places.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

/** The folders and files of Davylamp itself. */
export async function lookAtFiles({ config }: DoctorContext): Promise<Finding[]> {
  const settingsFile = config.settingsFile ?? shippedPath('agents/error_recovery_agent.json');
  return [
    await folder('data directory', config.dataDir, 'DAVY_DATA_DIR'),
    await settings(settingsFile),
    ...(config.pipelinesDir === null ? [] : await pipelines(config.pipelinesDir)),
  ];
}

/** A folder that is written to; it may still have to be made. */
export async function folder(check: string, path: string, named: string): Promise<Finding> {
  const foreign = foreignFileSystem(path, readMounts());
  if (foreign !== null) {
    const mend = `Name a folder on a disk of this machine in ${named}: on ${foreign}, locks do not hold.`;
    return problem(check, `${path} is on a file system of another machine (${foreign})`, mend);
  }
  const nearest = await nearestFolder(path);
  const writable = await access(nearest, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    const mend = `Give user ${process.getuid?.()} the right to write there, or name another in ${named}.`;
    return problem(check, `${nearest} cannot be written to`, mend);
  }
  return ok(check, nearest === path ? path : `${path} is not there yet and can be made`);
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found || path === dirname(path) ? path : await nearestFolder(dirname(path));
}

async function settings(file: string): Promise<Finding> {
  const mend = 'Correct it; until then the settings that came with Davylamp hold.';
  try {
    const parsed = parseSettings(JSON.parse(await readFile(file, 'utf8')));
    if (parsed.ok) return ok('settings', file);
    const [first] = parsed.problems;
    return warning('settings', `${file}: ${first?.path}: ${first?.message}`, mend);
  } catch (error) {
    return warning('settings', `${file}: ${messageOf(error)}`, mend);
  }
}

async function pipelines(directory: string): Promise<Finding[]> {
  const { broken, pipelines } = await new PipelineLibrary([directory]).catalogue();
  if (broken.length === 0) return [ok('pipelines', `${pipelines.size} in ${directory}`)];
  return broken.map(({ file, problems }) => {
    const [first] = problems;
    return problem('pipelines', `${file}: ${first?.path}: ${first?.message}`, 'Correct the file.');
  });
}
