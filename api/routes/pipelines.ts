import { readBody, readJson } from '../body.ts';
import type { ApiHandler, ApiParts } from '../context.ts';
import { checkPipeline, type PipelineDocument } from '../pipeline-document.ts';

/** Less than a file may have: what others send must not keep the process busy for long. */
const MAX_DEFINITION_BYTES = 256 * 1024;

export function pipelineRoutes({ pipelines }: ApiParts) {
  const list: ApiHandler = async (c) => {
    const shelf = await pipelines.shelf();
    const items = [...shelf.pipelines.values()].map(({ pipeline, hash, warnings }) => ({
      id: pipeline.id,
      name: pipeline.name,
      description: pipeline.description,
      version: pipeline.version,
      hash,
      stages: pipeline.stages.length,
      warnings,
    }));
    const broken = shelf.broken.map(({ id, file, problems, warnings }) => ({ id, file, problems, warnings }));
    return c.json({ items: items.sort((one, other) => (one.id < other.id ? -1 : 1)), broken });
  };

  const validate: ApiHandler = async (c) => {
    const { text } = await readBody(c, ['application/json'], MAX_DEFINITION_BYTES);
    return c.json(verdict(checkPipeline(readJson(text))));
  };

  return { 'GET /v1/pipelines': list, 'POST /v1/pipelines/validate': validate };
}

function verdict(document: PipelineDocument) {
  if (!document.ok) {
    const { problems, warnings } = document;
    return { valid: false, hash: null, stages: null, problems, warnings };
  }
  const { hash, pipeline, warnings } = document;
  return { valid: true, hash, stages: pipeline.stages.length, problems: [], warnings };
}
