import { each, type Family, requests, type Sent } from './attack.ts';

/** Those whose key may do something, but not this; and pages of other sites. */
export const trespassers: Family = ({ api, good, keys, runs, webhook, cookie }) => {
  const as = (key: string, body?: unknown): Sent => ({ headers: { authorization: `Bearer ${key}` }, body });
  const forbidden = (key: string, all: readonly string[], body?: unknown) =>
    requests('403 insufficient-scope', all, as(key, body));
  const admin = [
    'GET /v1/keys',
    'GET /v1/audit',
    'GET /v1/webhooks',
    'GET /queues',
    'GET /queues/api/queues',
  ];
  const named = (key: string, attacks: ReturnType<typeof requests>) =>
    attacks.map((attack) => ({ ...attack, name: `with a key to ${key}` }));
  return [
    ...named('read', [
      ...forbidden(keys.read, ['POST /v1/runs'], good),
      ...forbidden(keys.read, [
        `POST /v1/runs/${runs.queued}/cancel`,
        `POST /v1/runs/${runs.cancelled}/resume`,
        `POST /v1/runs/${runs.queued}/retry-now`,
        'DELETE /v1/environments/lab/maintenance',
        `DELETE /v1/webhooks/${webhook}`,
        ...admin,
      ]),
      ...forbidden(keys.read, ['POST /v1/environments/lab/maintenance'], {}),
      ...forbidden(keys.read, ['POST /v1/environments/lab/reset'], { type: 'soft' }),
      ...forbidden(keys.read, ['POST /v1/keys'], { name: 'mine', scopes: ['admin'] }),
      ...forbidden(keys.read, ['POST /v1/webhooks'], { url: 'https://hooks.example.com/' }),
    ]),
    ...named('run', [
      ...forbidden(keys.run, ['POST /v1/environments/lab/reset'], { type: 'soft' }),
      ...forbidden(keys.run, ['POST /v1/keys'], { name: 'mine', scopes: ['admin'] }),
      ...forbidden(keys.run, ['GET /v1/runs', 'GET /v1/environments', 'GET /metrics', ...admin]),
      ...forbidden(keys.run, ['PUT /queues/api/queues/stages-rig-1/pause']),
    ]),
    ...named('read, by a way round', [
      ...forbidden(keys.read, [
        'GET /v1/runs/../keys',
        'GET /v1/./keys',
        'GET /queues/../v1/keys',
        'GET /%76%31/keys',
      ]),
    ]),
    ...named('reset', [
      ...forbidden(keys.reset, ['POST /v1/runs'], good),
      ...forbidden(keys.reset, ['POST /v1/keys'], { name: 'mine', scopes: ['admin'] }),
      ...forbidden(keys.reset, [`DELETE /v1/keys/${keys.read.split('_')[1]}`, 'GET /v1/runs', ...admin]),
      ...forbidden(keys.reset, ['POST /v1/environments/lab/maintenance'], {}),
    ]),
    ...otherSites(api.url, cookie),
  ];
};

const DASHBOARD = [
  'PUT /queues/api/queues/stages-rig-1/pause',
  'PUT /queues/api/queues/stages-rig-1/clean/completed',
  'PUT /queues/api/queues/stages-rig-1/retry/failed',
  'POST /queues/api/queues/stages-rig-1/add',
  'DELETE /queues/api/queues/stages-rig-1/1',
];

function otherSites(own: string, cookie: string) {
  const signedIn = { authorization: null, cookie };
  const sites: Record<string, Sent> = {
    'from another site': { headers: { ...signedIn, origin: 'https://evil.example' } },
    'from nowhere': { headers: { ...signedIn, origin: 'null' } },
    'from another port': { headers: { ...signedIn, origin: 'http://127.0.0.1:1' } },
    'from another name': { headers: { ...signedIn, origin: own.replace('127.0.0.1', 'localhost') } },
    'from a site that begins like it': { headers: { ...signedIn, origin: `${own}.evil.example` } },
    'without an origin': { headers: signedIn },
    'of another site, says the browser': {
      headers: { ...signedIn, origin: own, 'sec-fetch-site': 'cross-site' },
    },
    'with a key': { headers: { origin: 'https://evil.example' } },
  };
  const signIn = { headers: { authorization: null, origin: 'https://evil.example' } };
  return [
    ...DASHBOARD.flatMap((request) => each('403 csrf', request, sites)),
    ...each('403 csrf', 'POST /session', {
      'from another site': { ...signIn, body: { key: 'x' }, unheard: true },
    }),
    ...requests('405 method-not-allowed', DASHBOARD, {
      headers: { ...signedIn, origin: own, 'sec-fetch-site': 'same-origin' },
    }),
  ];
}
