import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildFolder, builtName, PROGRAMS, ROOT } from './program.js';

/** What runs of an older build reads more of it as it goes on. */
const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

/**
 * Builds the programs of a checkout; those of packages stay where they are. It is there when it is whole.
 *
 * @param {string} root
 * @returns {Promise<string>} the folder of the build
 */
export async function buildPrograms(root = ROOT) {
  const folder = buildFolder(root);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(PROGRAMS.map((program) => [builtName(program), program])),
    outdir: draft,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'linked',
    tsconfig: 'tsconfig.json',
    logLevel: 'warning',
    plugins: [{ name: 'places', setup: (making) => keepPlaces(making, draft) }],
  });
  await rename(draft, folder).catch(async (error) => {
    // Somebody else was as fast.
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  await removeOld(dirname(folder));
  return folder;
}

/**
 * A source still knows where it lies, and what lies beside it.
 *
 * @param {import('esbuild').PluginBuild} making
 * @param {string} outdir
 */
function keepPlaces(making, outdir) {
  making.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
    const source = await readFile(path, 'utf8');
    const place = `new URL(${JSON.stringify(relative(outdir, path))}, import.meta.url).href`;
    const contents = source.replaceAll('import.meta.url', `(${place})`);
    return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts' };
  });
}

/** A build, or a draft of one: whatever else lies there is not ours to delete. */
const BUILD_NAME = /^[0-9a-f]{16}(\.[0-9a-f-]{36})?$/;

/** @param {string} builds */
async function removeOld(builds) {
  for (const name of await readdir(builds)) {
    if (!BUILD_NAME.test(name)) continue;
    const path = join(builds, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > KEPT_FOR_MS) await rm(path, { recursive: true, force: true });
  }
}

const [, started] = process.argv;
if (started && realpathSync(started) === fileURLToPath(import.meta.url)) await buildPrograms();
