import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type Attack, bodies, each, type Family, mapped, type Sent } from './attack.ts';

const KIB = 1024;
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const text = (json: unknown) => JSON.stringify(json);

/** What is no JSON, or too much of it, told to every route that takes a body. */
export const carriers: Family = ({ good }) => {
  const routes: Record<string, unknown> = {
    'POST /v1/runs': good,
    'POST /v1/pipelines/validate': {},
    'POST /v1/environments/sandbox/reset': { type: 'soft' },
    'POST /v1/environments/sandbox/maintenance': { reason: 'new disk' },
    'POST /v1/keys': { name: 'ci', scopes: ['read'] },
    'POST /v1/webhooks': { url: 'https://hooks.example.com/' },
  };
  return Object.entries(routes).flatMap(([route, body]) => [
    ...bodies('400 malformed-json', route, {
      'an empty body': '',
      'a word': 'pipeline',
      'half of it': text(body).slice(0, -1),
      'all of it twice': text(body) + text(body),
      'single quotes': "{'a':1}",
      'a comma too many': '{"a":1,}',
      'a comment': '{} // nothing',
      NaN: 'NaN',
      'a quote without end': `"${'\\"'.repeat(1_000)}`,
    }),
    ...each('400 malformed-request', route, {
      'Latin-1': { body: Buffer.from('{"name":"\u00e9"}', 'latin1') },
      'overlong UTF-8': { body: Buffer.from([0x22, 0xc0, 0xaf, 0x22]) },
    }),
    ...bodies('422 validation-error', route, {
      'arrays 10,000 deep': deep(10_000),
      'objects 8,000 deep': `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`,
      'brackets without end': '['.repeat(60_000),
    }),
    ...each('415 unsupported-media-type', route, media(text(body), route === 'POST /v1/runs')),
    ...tooLarge(route),
  ]);
};

function media(json: string, takesText: boolean): Record<string, Sent> {
  const types = {
    missing: null,
    empty: '',
    form: 'application/x-www-form-urlencoded',
    xml: 'application/xml',
    multipart: 'multipart/form-data; boundary=x',
    'JSON of a kind': 'application/json-patch+json',
    'UTF-16': 'application/json; charset=utf-16',
    'two types': 'application/json, text/plain',
    ...(takesText ? {} : { text: 'text/plain' }),
  };
  const encodings = {
    gzip: gzipSync(json),
    br: brotliCompressSync(json),
    deflate: deflateSync(json),
    zstd: json,
  };
  return {
    ...mapped(types, (type) => ({ headers: { 'content-type': type }, body: json })),
    ...Object.fromEntries(
      Object.entries(encodings).map(([name, body]) => [
        name,
        { headers: { 'content-encoding': name }, body },
      ]),
    ),
    'not gzip, as it says': { headers: { 'content-encoding': 'gzip' }, body: json },
  };
}

/** `validate` takes larger bodies than the others. */
function tooLarge(route: string): Attack[] {
  const max = (route.endsWith('/validate') ? 256 : 64) * KIB;
  const padded = (bytes: number) => `{"x":"${'x'.repeat(bytes - 8)}"}`;
  return each('413 content-too-large', route, {
    'one byte too many': { body: padded(max + 1) },
    '1 MiB': { body: padded(KIB * KIB) },
    '1 MiB in chunks': { headers: { 'transfer-encoding': 'chunked' }, body: padded(KIB * KIB) },
    'a length that is only told': { headers: { 'content-length': '99999999' }, body: 'x' },
  });
}
