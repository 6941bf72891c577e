import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of this repository. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What is started as a process of its own. */
export const PROGRAMS = ['cli/main.ts', 'lab/pool/main.ts', 'lab/miner/main.ts', 'drill/proxy/main.ts'];

/** Where the programs of {@link PROGRAMS} come from. */
const SOURCES = ['api', 'cli', 'core', 'db', 'disk', 'drill', 'lab', 'outside', 'queue', 'worker'];

/**
 * The folder for a build of these very sources, told by their names, sizes and times: one of others is never run.
 *
 * @param {string} root
 */
export function buildFolder(root) {
  const hash = createHash('sha256');
  for (const folder of SOURCES) for (const line of sourcesIn(root, folder)) hash.update(`${line}\n`);
  return join(root, 'build', hash.digest('hex').slice(0, 16));
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesIn(root, path);
    if (!/\.tsx?$/.test(entry.name)) return [];
    const { size, mtimeMs } = statSync(join(root, path));
    return [`${path} ${size} ${mtimeMs}`];
  });
}

/**
 * The name of a program in its build.
 *
 * @param {string} program
 */
export function builtName(program) {
  return program.replace(/\.ts$/, '').replaceAll('/', '-');
}

/**
 * Runs a program in this process: as it was built, where that is a build of these very sources, and else the sources,
 * which takes a second longer to start.
 *
 * @param {string} program one of {@link PROGRAMS}
 */
export async function run(program) {
  const built = join(buildFolder(ROOT), `${builtName(program)}.js`);
  if (existsSync(built)) {
    process.setSourceMapsEnabled(true);
    return await import(pathToFileURL(built).href);
  }
  const { register } = await import('tsx/esm/api');
  // The settings of this repository, not those of the folder in which somebody works.
  register({ tsconfig: join(ROOT, 'tsconfig.json') });
  return await import(pathToFileURL(join(ROOT, program)).href);
}
