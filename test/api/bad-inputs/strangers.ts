import { bytes, each, type Family, type Sent } from './attack.ts';
import { idOf } from './scene.ts';

const NOTHING = '0'.repeat(64);

/** Those who present no key that works: each is told the same. */
export const strangers: Family = ({ api, good, keys, cookie }) => {
  const { key } = api;
  const authorized = (authorization: string): Sent => ({ headers: { authorization } });
  const nobody = { authorization: null };
  const ways: Record<string, Sent> = {
    'no header': { headers: nobody },
    basic: authorized(`Basic ${Buffer.from('admin:admin').toString('base64')}`),
    'the key as a password': authorized(`Basic ${Buffer.from(`davy:${key}`).toString('base64')}`),
    'an empty header': authorized(''),
    'an empty bearer': authorized('Bearer '),
    'the key alone': authorized(key),
    'two keys': authorized(`Bearer ${key} ${key}`),
    'a key with a comma': authorized(`Bearer ${key},`),
    'another scheme': authorized(`Token ${key}`),
    'a key that is none': authorized('Bearer davy_x_y'),
    'an unknown key': authorized(`Bearer davy_${'0'.repeat(16)}_${NOTHING}`),
    'a wrong secret': authorized(`Bearer davy_${idOf(key)}_${NOTHING}`),
    'the secret of another key': authorized(`Bearer davy_${idOf(key)}_${keys.read.split('_')[2]}`),
    'a secret that is too short': authorized(`Bearer ${key.slice(0, -1)}`),
    'a secret that is too long': authorized(`Bearer ${key}0`),
    'capital letters': authorized(`Bearer ${key.toUpperCase()}`),
    'SQL in the id': authorized(`Bearer davy_'or'1'='1_${NOTHING}`),
    'a revoked key': authorized(`Bearer ${keys.revoked}`),
    'an expired key': authorized(`Bearer ${keys.expired}`),
    'a header of its own': { headers: { ...nobody, 'x-api-key': key } },
    'the proxy header': { headers: { ...nobody, 'proxy-authorization': `Bearer ${key}` } },
    'the key as a cookie': { headers: { ...nobody, cookie: `davy_session=${key}` } },
    'the cookie of the dashboard': { headers: { ...nobody, cookie } },
  };
  const unheard = (cases: Record<string, Sent>, body?: unknown) =>
    Object.fromEntries(Object.entries(cases).map(([name, sent]) => [name, { ...sent, body, unheard: true }]));
  const inQuery = ['key', 'api_key', 'apikey', 'access_token', 'token', 'authorization'];
  return [
    ...each('401 unauthenticated', 'GET /v1/runs', ways),
    ...each('401 unauthenticated', 'POST /v1/runs', unheard(ways, good)),
    ...each('401 unauthenticated', 'POST /v1/runs', {
      'an envelope': {
        headers: { ...nobody, 'content-type': 'text/plain' },
        body: `[PIPELINE-EXECUTE] ${JSON.stringify(good)}`,
        unheard: true,
      },
      'the key in the body': { headers: nobody, body: { ...good, key }, unheard: true },
    }),
    ...inQuery.flatMap((name) =>
      each('401 unauthenticated', `GET /v1/runs?${name}=${key}`, {
        'the key in the query': { headers: nobody },
      }),
    ),
    ...['/v1', '/v1/nothing', '/queues', '/queues/api/queues', '/metrics'].flatMap((path) =>
      each('401 unauthenticated', `GET ${path}`, { 'no header': { headers: nobody } }),
    ),
    ...each('431 headers-too-large', 'GET /v1/runs', {
      'a bearer of 20 kB': authorized(`Bearer ${'x'.repeat(20_000)}`),
      'a header of 20 kB': { headers: { 'x-long': 'x'.repeat(20_000) } },
      'a cookie of 20 kB': { headers: { cookie: 'x'.repeat(20_000) } },
    }),
    ...bytes('431 headers-too-large', {
      'many headers': [
        `GET /v1/runs HTTP/1.1\r\nHost: x\r\n${'X-Much: of it\r\n'.repeat(2_000)}Connection: close\r\n\r\n`,
      ],
      'a path of 20 kB': [`GET /v1/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    }),
  ];
};
