import { expect, test } from 'vitest';
import { createDatabase } from '../../../db/embedded/databases.ts';
import { start, usedDataDir } from './fixtures/processes.ts';
import { readMarks, writeMark } from './fixtures/rows.ts';

test('a database is created once, under a name that a URL takes', async () => {
  const { url } = await start(await usedDataDir());
  const created = await createDatabase(url, 'the-second');
  await writeMark(created, 'its own');
  expect(await readMarks(created)).toEqual(['its own']);
  await expect(createDatabase(url, 'the-second')).rejects.toMatchObject({ code: '42P04' });
  await expect(createDatabase(url, 'a/b?c')).rejects.toMatchObject({ code: 'database-name' });
});
