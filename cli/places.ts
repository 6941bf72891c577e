import { fileURLToPath } from 'node:url';

/** A file or folder that comes with Davylamp, by its path in the repository. */
export function shippedPath(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
