import { messageOf, type Problem } from '../../core/errors.ts';
import { isMutating, loadPipeline, type Pipeline } from '../../core/pipeline.ts';
import { pipelineHash } from '../../db/runs.ts';
import { parseJson, unstorable } from '../http/json.ts';

const MAX_PROBLEMS = 100;

/** A definition that can be run. */
export interface CheckedPipeline {
  ok: true;
  pipeline: Pipeline;
  hash: string;
  mutating: boolean;
  warnings: Problem[];
}

/** A definition that cannot, with every reason; its id as far as it has one. */
export interface BrokenPipeline {
  ok: false;
  id: string | null;
  problems: Problem[];
  warnings: Problem[];
}

export type PipelineDocument = CheckedPipeline | BrokenPipeline;

export function readPipelineText(text: string): PipelineDocument {
  const parsed = parseJson(text);
  return parsed.ok ? checkPipeline(parsed.value) : broken(null, [{ path: '$', message: parsed.message }]);
}

/** Checks a parsed definition: that it can be kept, then its shape and its graph. */
export function checkPipeline(document: unknown): PipelineDocument {
  const id = idOf(document);
  const unkeepable = unstorable(document);
  if (unkeepable.length > 0) return broken(id, unkeepable);
  const loaded = loadPipeline(document);
  if (!loaded.ok) return broken(id, loaded.problems, loaded.warnings);
  const { pipeline, warnings } = loaded;
  return { ok: true, pipeline, hash: pipelineHash(pipeline), mutating: isMutating(pipeline), warnings };
}

/** A file that could not even be read. */
export function unreadable(error: unknown): BrokenPipeline {
  return broken(null, [{ path: '$', message: messageOf(error) }]);
}

function broken(id: string | null, found: Problem[], warnings: Problem[] = []): BrokenPipeline {
  const rest = { path: '$', message: `has ${found.length - MAX_PROBLEMS} more problems` };
  const problems = found.length > MAX_PROBLEMS ? [...found.slice(0, MAX_PROBLEMS), rest] : found;
  return { ok: false, id, problems, warnings: warnings.slice(0, MAX_PROBLEMS) };
}

function idOf(document: unknown): string | null {
  const holder = typeof document === 'object' && document !== null ? document : {};
  return 'id' in holder && typeof holder.id === 'string' ? holder.id : null;
}
