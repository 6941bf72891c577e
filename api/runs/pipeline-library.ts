import { readdir, readFile, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import {
  type BrokenPipeline,
  type CheckedPipeline,
  type PipelineDocument,
  readPipelineText,
  unreadable,
} from './pipeline-document.ts';

const MAX_FILES = 1000;
const MAX_FILE_BYTES = 1024 * 1024;

export interface Catalogue {
  /** By id. */
  pipelines: Map<string, CheckedPipeline>;
  /** What cannot be used, with the file that holds it. */
  broken: (BrokenPipeline & { file: string })[];
}

interface KnownFile {
  /** Changes with the file. */
  version: string;
  document: PipelineDocument;
}

interface PipelineFile {
  file: string;
  document: PipelineDocument;
}

/**
 * The pipelines of some folders. A pipeline of a later folder takes the place of one with the same id in an
 * earlier one. Names are only ever looked up among the ids that were read, never made into a path.
 */
export class PipelineLibrary {
  readonly #folders: readonly string[];
  #known = new Map<string, KnownFile>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** What the folders hold now: files that are new or have changed are read. */
  async catalogue(): Promise<Catalogue> {
    const folders = await Promise.all(this.#folders.map((folder) => this.#readFolder(folder)));
    const catalogue: Catalogue = { pipelines: new Map(), broken: [] };
    for (const files of folders) addFolder(catalogue, files);
    return catalogue;
  }

  async #readFolder(folder: string): Promise<PipelineFile[]> {
    try {
      const names = (await readdir(folder)).filter((name) => /^[^.].*\.json$/.test(name)).sort();
      const files = names.slice(0, MAX_FILES).map((name) => join(folder, name));
      return await Promise.all(files.map(async (file) => ({ file, document: await this.#readFile(file) })));
    } catch (error) {
      return [{ file: folder, document: unreadable(error) }];
    }
  }

  async #readFile(file: string): Promise<PipelineDocument> {
    try {
      const { size, mtimeNs, ino, ...stats } = await stat(file, { bigint: true });
      const version = `${ino} ${size} ${mtimeNs} ${stats.ctimeNs}`;
      const known = this.#known.get(file);
      if (known?.version === version) return known.document;
      const document = await readDocument(file, size, (stats.mode & 0o170000n) === 0o100000n);
      this.#known.set(file, { version, document });
      return document;
    } catch (error) {
      this.#known.delete(file);
      return unreadable(error);
    }
  }
}

async function readDocument(file: string, size: bigint, isRegular: boolean): Promise<PipelineDocument> {
  if (!isRegular) throw new Error('is not a regular file');
  if (size > MAX_FILE_BYTES) throw new Error(`has more than ${MAX_FILE_BYTES} bytes`);
  return readPipelineText(await readFile(file, 'utf8'));
}

function addFolder({ pipelines, broken }: Catalogue, files: readonly PipelineFile[]): void {
  const here = new Map<string, string>();
  for (const { file, document } of files) {
    if (!document.ok) {
      broken.push({ ...document, id: document.id ?? parse(file).name, file });
      continue;
    }
    const { id } = document.pipeline;
    const other = here.get(id);
    if (other !== undefined) {
      const problem = { path: 'id', message: `"${id}" is already the id of ${other}` };
      broken.push({ ok: false, id, problems: [problem], warnings: [], file });
      continue;
    }
    here.set(id, file);
    pipelines.set(id, document);
  }
}
