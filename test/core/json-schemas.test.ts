import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const PUBLISHED = join(import.meta.dirname, '../../schemas');
const written = mkdtempSync(join(tmpdir(), 'davy-schemas-'));
const read = (folder: string, file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

beforeAll(() => {
  execFileSync(process.execPath, ['--import', 'tsx', join(PUBLISHED, 'write.ts'), written], {
    timeout: 30_000,
  });
});

afterAll(() => rmSync(written, { recursive: true, force: true }));

test.each(['davy.schema.json', 'pipeline.schema.json'])(
  '%s is what the code says; else run `npm run schemas`',
  (file) => {
    expect(read(PUBLISHED, file)).toEqual(read(written, file));
  },
);

test('no schema is left over from before', () => {
  const published = readdirSync(PUBLISHED).filter((file) => file.endsWith('.json'));
  expect(published.sort()).toEqual(readdirSync(written).sort());
});

test('a field says what it is for, and only what must be given is required', () => {
  const { title, properties, required } = read(PUBLISHED, 'davy.schema.json');
  expect(title).toBe('davy.json');
  expect(required).toEqual(['name', 'daemon', 'pool']);
  expect(properties.resettable).toEqual({
    type: 'boolean',
    default: false,
    description: 'Data may be wiped. Only ever heeded on regtest.',
  });
});

describe('an editor that knows the schema', () => {
  const SHIPPED = join(import.meta.dirname, '../../pipelines');
  const shipped = readdirSync(SHIPPED).filter((file) => file.endsWith('.json'));
  const accepts = (file: string, document: unknown) =>
    z.fromJSONSchema(read(PUBLISHED, file)).safeParse(document).success;

  test.each(shipped)('finds nothing wrong with %s', (file) => {
    expect(accepts('pipeline.schema.json', read(SHIPPED, file))).toBe(true);
  });

  test('finds the mistyped field of a davy.json', () => {
    const environment = { $schema: './davy.schema.json', name: 'rig', daemon: {}, pool: {} };
    expect(accepts('davy.schema.json', environment)).toBe(true);
    expect(accepts('davy.schema.json', { ...environment, netwrok: 'regtest' })).toBe(false);
    expect(accepts('davy.schema.json', { ...environment, pool: { stratumPort: 65_536 } })).toBe(false);
  });

  test('finds the shell line of a command', () => {
    const [file = ''] = shipped;
    const pipeline = read(SHIPPED, file);
    const [stage] = pipeline.stages;
    const runs = (argv: unknown) => {
      const command = { argv, decisions: [{ exitCode: 0, choice: 'fine' }] };
      return { ...pipeline, stages: [{ ...stage, agent: 'command_runner', command }] };
    };
    expect(accepts('pipeline.schema.json', runs(['true']))).toBe(true);
    expect(accepts('pipeline.schema.json', runs('rm -rf ~'))).toBe(false);
  });
});
