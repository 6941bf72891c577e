import type { ApiParts } from '../context.ts';
import type { RouteHandler } from '../http/route.ts';
import { checkPipeline, type PipelineDocument } from '../runs/pipeline-document.ts';

export function pipelineRoutes({ pipelines }: ApiParts) {
  const list: RouteHandler<'GET /v1/pipelines'> = async (c) => {
    const catalogue = await pipelines.catalogue();
    const items = [...catalogue.pipelines.values()].map(({ pipeline, hash, warnings }) => ({
      id: pipeline.id,
      name: pipeline.name,
      description: pipeline.description,
      version: pipeline.version,
      hash,
      stages: pipeline.stages.length,
      warnings,
    }));
    const broken = catalogue.broken.map(({ id, file, problems, warnings }) => ({
      id,
      file,
      problems,
      warnings,
    }));
    return c.json({ items: items.sort((one, other) => (one.id < other.id ? -1 : 1)), broken });
  };

  const validate: RouteHandler<'POST /v1/pipelines/validate'> = (c) =>
    c.json(verdict(checkPipeline(c.req.valid('json'))));

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
