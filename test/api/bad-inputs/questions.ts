import { each, type Family, requests } from './attack.ts';

const UNKNOWN = '01990000-0000-7000-8000-000000000000';

/** Queries that nobody understands, and places in lists that no list has given. */
export const questions: Family = ({ runs, webhook, cursors }) => {
  const lists = [
    '/v1/runs',
    '/v1/incidents',
    '/v1/keys',
    '/v1/audit',
    `/v1/runs/${runs.queued}/attempts`,
    `/v1/webhooks/${webhook}/deliveries`,
  ];
  const gets = (paths: readonly string[]) => paths.map((path) => `GET ${path}`);
  const limits = [
    '1e9',
    '1000000000',
    '-1',
    '0',
    '201',
    '1.5',
    '',
    '%00',
    '0x10',
    '١',
    'NaN',
    '1;2',
    '1 or 1=1',
  ];
  const ofLists = (queries: readonly string[]) =>
    lists.flatMap((list) => queries.map((query) => `GET ${list}?${query.replaceAll(' ', '%20')}`));
  return [
    ...requests('422 validation-error', ofLists(limits.map((limit) => `limit=${encodeURI(limit)}`))),
    ...requests(
      '422 validation-error',
      ofLists([
        'limit=1&limit=2',
        'sort=name',
        'order=desc',
        'offset=7',
        '__proto__=1',
        '_method=DELETE',
        'limit[]=1',
      ]),
    ),
    ...Object.entries(cursors).flatMap(([from, cursor]) =>
      lists
        .filter((list) => list !== from)
        .flatMap((list) =>
          each('400 invalid-cursor', `GET ${list}?cursor=${cursor}`, { [`the cursor of ${from}`]: {} }),
        ),
    ),
    ...requests('400 invalid-cursor', ofLists(CURSORS.map((cursor) => `cursor=${cursor}`))),
    ...requests(
      '422 validation-error',
      gets([
        ...['status=lost', 'status=', 'status=queued,', 'status=QUEUED', "status=queued'--"].map(ofRuns),
        ...['pipeline=%00', 'pipeline=', 'pipeline=a,,b', `pipeline=${'x,'.repeat(51)}x`].map(ofRuns),
        ...['environment=', 'environment=%00', 'host=', 'since=', 'since=0'].map(ofRuns),
        ...['since=yesterday', 'since=2026-01-01', 'until=2026-02-30T00:00:00Z', 'until=1e999'].map(ofRuns),
        ...['status=lost', 'component=', 'environment='].map((query) => `/v1/incidents?${query}`),
        ...['wait=61', 'wait=-1', 'wait=x', 'wait=1&wait=2', 'wait=', 'wait=1e1', 'timeout=1'].map(
          (query) => `/v1/runs/${runs.queued}?${query}`,
        ),
        ...['after=-1', 'after=x', 'after=1e3', 'limit=1001', 'limit=0', `after=${'9'.repeat(16)}`].flatMap(
          (query) => [`/v1/runs/${runs.queued}/events?${query}`, `/v1/events?${query}`],
        ),
        ...['days=0', 'days=4000', 'days=1.5', 'environment='].map(
          (query) => `/v1/recovery/metrics?${query}`,
        ),
        ...['key=', 'route=', 'since=now'].map((query) => `/v1/audit?${query}`),
        `/v1/webhooks/${webhook}/deliveries?state=lost`,
        '/v1/environments/lab?host=',
        '/v1/environments/lab?name=lab',
      ]),
    ),
    ...['-1', 'x', '1.5', '1e3', '9'.repeat(16), "1' or '1'='1"].flatMap((id) =>
      each('400 invalid-cursor', `GET /v1/runs/${runs.queued}/events`, {
        [`Last-Event-ID ${id}`]: { headers: { 'last-event-id': id } },
      }),
    ),
    ...requests(
      '404 unknown-run',
      gets([
        ...[
          'x',
          '0',
          '%00',
          '-1',
          UNKNOWN,
          'ABCDEFAB-0000-7000-8000-000000000000',
          `${UNKNOWN}'--`,
          '%2e%2e%2f',
          '*',
        ].map((id) => `/v1/runs/${id}`),
        `/v1/runs/${UNKNOWN}?wait=30`,
        `/v1/runs/${UNKNOWN}/events`,
        `/v1/runs/${UNKNOWN}/attempts`,
      ]),
    ),
    ...requests('404 unknown-run', [
      `POST /v1/runs/${UNKNOWN}/cancel`,
      'POST /v1/runs/x/resume',
      'POST /v1/runs/%00/retry-now',
    ]),
    ...requests(
      '404 unknown-incident',
      gets(['x', UNKNOWN, `${UNKNOWN}/report`, '%00/report'].map((id) => `/v1/incidents/${id}`)),
    ),
    ...requests(
      '404 unknown-environment',
      gets(
        ['nowhere', '%00', '..%2f', '__proto__', 'LAB', 'lab%20'].map((name) => `/v1/environments/${name}`),
      ),
    ),
    ...each('404 unknown-environment', 'POST /v1/environments/nowhere/reset', {
      soft: { body: { type: 'soft' } },
    }),
    ...each('404 unknown-environment', 'POST /v1/environments/%00/maintenance', { empty: { body: {} } }),
    ...requests('404 unknown-webhook', [
      `DELETE /v1/webhooks/${UNKNOWN}`,
      'DELETE /v1/webhooks/x',
      `POST /v1/webhooks/${UNKNOWN}/test`,
    ]),
    ...requests('404 unknown-delivery', [`POST /v1/webhooks/${webhook}/deliveries/${UNKNOWN}/retry`]),
    ...requests('404 unknown-key', [
      'DELETE /v1/keys/0000000000000000',
      'DELETE /v1/keys/%00',
      'DELETE /v1/keys/x',
    ]),
  ];
};

const ofRuns = (query: string) => `/v1/runs?${query}`;

const CURSORS = [
  'x',
  '',
  '%00',
  'AAAAAAAAAAAAAAAAAAAAAB',
  'AZqqqqAAcACAAAAAAAAAAB',
  'AZqqqqAAcACAAAAAAAAAAA==',
  UNKNOWN,
  "1';drop%20table%20runs--",
  '../../etc/passwd',
  'x'.repeat(2_000),
];
