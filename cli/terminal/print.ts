/** One JSON document on stdout, for scripts. */
export function printJson(document: unknown): void {
  console.log(JSON.stringify(document, null, 2));
}
