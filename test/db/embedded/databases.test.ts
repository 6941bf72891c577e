import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { createDatabase, dropDatabase } from '../../../db/embedded/databases.ts';
import { start, usedDataDir } from './fixtures/processes.ts';
import { readMarks, writeMark } from './fixtures/rows.ts';

test('databases are cloned from a template, and dropped under their clients', async () => {
  const { url } = await start(await usedDataDir());
  const template = await createDatabase(url, 'the-template');
  await writeMark(template, 'original');

  const clone = await createDatabase(url, 'clone', { template: 'the-template' });
  await writeMark(clone, 'changed');
  expect(await readMarks(clone)).toEqual(['changed', 'original']);
  expect(await readMarks(template)).toEqual(['original']);
  await expect(createDatabase(url, 'clone')).rejects.toMatchObject({ code: '42P04' });

  await expect(createDatabase(url, 'a/b?c')).rejects.toMatchObject({ code: 'database-name' });

  const client = postgres(clone, { max: 1 });
  onTestFinished(() => client.end({ timeout: 1 }));
  await client`select 1`;
  await dropDatabase(url, 'clone');
  await dropDatabase(url, 'clone');
  await expect(readMarks(clone)).rejects.toMatchObject({ code: '3D000' });
});
