import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiHandler } from '../context.ts';
import { matches } from '../http/etag.ts';
import { ProblemError } from '../http/problem.ts';

const OWN = fileURLToPath(new URL('./assets/', import.meta.url));

/** Of libraries, from their packages: the browser gets nothing from anywhere else. */
const SHIPPED = {
  'idiomorph.js': 'idiomorph/dist/idiomorph.esm.js',
  'inter.woff2': '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  'inter-ext.woff2': '@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2',
};

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

interface Asset {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  tag: string;
}

/** What pages refer to. All of it is read at the start: a name is looked up, never made into a path. */
export function assetRoutes() {
  const assets = readAssets();
  const get: ApiHandler = (c) => {
    const asset = assets.get(c.req.param('name') ?? '');
    if (!asset) throw new ProblemError('not-found', 'No file has this name.');
    c.header('ETag', asset.tag);
    c.header('Cache-Control', 'no-cache');
    if (matches(c.req.header('if-none-match'), asset.tag)) return c.body(null, 304);
    return c.body(asset.bytes, 200, { 'Content-Type': asset.type });
  };
  return { 'GET /assets/:name': get };
}

/** The style sheets of all pages, in the order in which they apply: the frame's first. */
export const STYLE_SHEETS = readdirSync(OWN)
  .filter((name) => extname(name) === '.css')
  .sort(
    (one, other) => Number(other === 'frame.css') - Number(one === 'frame.css') || (one < other ? -1 : 1),
  );

function readAssets(): Map<string, Asset> {
  const own = readdirSync(OWN).map((name) => [name, `${OWN}${name}`] as const);
  const shipped = Object.entries(SHIPPED).map(
    ([name, place]) => [name, fileURLToPath(import.meta.resolve(place))] as const,
  );
  return new Map(
    [...own, ...shipped].flatMap(([name, path]) => {
      const type = TYPES[extname(name)];
      return type === undefined || name.endsWith('.d.ts') ? [] : [[name, readAsset(path, type)]];
    }),
  );
}

function readAsset(path: string, type: string): Asset {
  const bytes = new Uint8Array(readFileSync(path));
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, type, tag };
}
