import { closest, distance } from 'fastest-levenshtein';
import type { Client, Listing } from './client/client.ts';
import { ApiRefusal } from './client/problem.ts';
import { UsageError } from './exit-codes.ts';

/** What somebody named at the terminal. */
export interface Given {
  pipeline?: string;
  environment?: string;
  host?: string | undefined;
}

/** Where a name is not there: what is it a name of, and where are the others? */
const LISTINGS: Readonly<Record<string, { given: keyof Given; listing: Listing }>> = {
  'unknown-pipeline': { given: 'pipeline', listing: 'pipelines' },
  'unknown-environment': { given: 'environment', listing: 'environments' },
  'unknown-host': { given: 'host', listing: 'hosts' },
};

/** What to type where there is no such thing, in place of the API's own words, which speak of HTTP. */
const COMMANDS: Readonly<Record<string, string>> = {
  'unknown-run': '`davy runs` lists the runs.',
  'unknown-incident': '`davy incidents` lists the incidents.',
  'unknown-key': '`davy keys list` shows the keys. The id is the part of a key between the underscores.',
};

/** Does the work; an API that does not know a name has the names that it knows put beside its refusal. */
export async function withHints<T>(client: Client, given: Given, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    const nextStep = await hintFor(client, given, error.problem);
    if (nextStep === null) throw error;
    throw new UsageError(error.code, error.message, { nextStep, cause: error });
  }
}

async function hintFor(client: Client, given: Given, problem: string): Promise<string | null> {
  const command = COMMANDS[problem];
  if (command !== undefined) return command;
  const place = LISTINGS[problem];
  const name = place && given[place.given];
  if (!place || name === undefined) return null;
  const names = await client.listNames(place.listing).catch((): string[] => []);
  if (problem === 'unknown-environment' && names.includes(name))
    return '`davy doctor` shows on which host it is.';
  // A pipeline that is there and cannot be used is no slip of the pen.
  if (names.length === 0 || names.includes(name)) return null;
  return [didYouMean(name, names), `There are: ${names.join(', ')}.`].filter(Boolean).join(' ');
}

/** `Did you mean lab?`, where a name is close; else nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const nearest = closest(name, names);
  return distance(name, nearest) <= Math.max(2, name.length / 3) ? `Did you mean ${nearest}?` : '';
}
