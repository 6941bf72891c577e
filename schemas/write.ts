import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { environmentSchema } from '../core/environment.ts';
import { pipelineSchema } from '../core/pipeline.ts';

/** What an editor needs to complete and check the files; the check at load knows more. */
const SCHEMAS = {
  'davy.schema.json': environmentSchema.meta({
    title: 'davy.json',
    description: 'One mining stack on one host, as Davylamp finds it.',
  }),
  'pipeline.schema.json': pipelineSchema.meta({
    title: 'A pipeline of Davylamp',
    description:
      'Stages, and the connections that their decisions take. Further fields are kept as they are.',
  }),
};

/** Writes the published JSON Schemas into the folder that the first argument names, else beside this file. */
const folder = process.argv[2] ?? import.meta.dirname;
await mkdir(folder, { recursive: true });
for (const [file, schema] of Object.entries(SCHEMAS)) {
  const document = z.toJSONSchema(schema, { io: 'input' });
  await writeFile(join(folder, file), `${JSON.stringify(document, null, 2)}\n`);
}
