import { z } from 'zod';
import { count } from './fields.ts';
import type { Operations } from './operation.ts';
import { finding } from './problems.ts';

/** Less than a file may have: what others send must not keep the process busy for long. */
const DEFINITION_BYTES_MAX = 256 * 1024;

const findings = z.array(finding);

const pipeline = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    version: z.string(),
    hash: z.string().meta({ description: 'Of the definition.' }),
    stages: count,
    warnings: findings,
  })
  .meta({ id: 'Pipeline' });

const pipelineList = z
  .strictObject({
    items: z.array(pipeline),
    broken: z
      .array(
        z.strictObject({
          id: z.string().nullable(),
          file: z.string(),
          problems: findings,
          warnings: findings,
        }),
      )
      .meta({ description: 'Files that cannot be used, each with every reason.' }),
  })
  .meta({ id: 'PipelineList' });

const verdict = z
  .strictObject({
    valid: z.boolean(),
    hash: z.string().nullable(),
    stages: count.nullable().meta({ description: 'How many; `null` where it is not valid.' }),
    problems: findings,
    warnings: findings,
  })
  .meta({ id: 'Verdict' });

export const pipelineOperations = {
  'GET /v1/pipelines': {
    id: 'listPipelines',
    tag: 'Pipelines',
    scope: 'read',
    summary: 'List the pipelines that can be run',
    answers: {
      200: { description: 'All pipelines.', content: { 'application/json': pipelineList } },
    },
  },
  'POST /v1/pipelines/validate': {
    id: 'validatePipeline',
    tag: 'Pipelines',
    scope: 'read',
    summary: 'Check the definition of a pipeline',
    description: 'Tells every problem with its JSON path. Nothing is kept.',
    body: {
      content: {
        'application/json': z.unknown().meta({
          description: 'A definition as in schemas/pipeline.schema.json, or what is to become one.',
        }),
      },
      maxBytes: DEFINITION_BYTES_MAX,
    },
    answers: {
      200: { description: 'What was found.', content: { 'application/json': verdict } },
    },
  },
} as const satisfies Operations;
