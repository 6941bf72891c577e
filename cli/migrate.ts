import { migrate } from '../db/migrate.ts';
import { loadConfig, requireDatabase } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';

/** `davy migrate` */
export async function migrateDatabase(): Promise<number> {
  await migrate(requireDatabase(loadConfig()).databaseUrl);
  console.log('The database has the newest schema.');
  return EXIT.succeeded;
}
