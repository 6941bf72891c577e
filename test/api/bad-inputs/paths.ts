import { bytes, each, type Family, mapped, requests } from './attack.ts';

/** Paths that are no routes, methods that are not allowed, and what is hardly HTTP. */
export const paths: Family = ({ runs, webhook }) => [
  ...requests(
    '404 not-found',
    [
      ...[
        '/%2e%2e%2f',
        '//admin',
        '/..;/',
        '/admin',
        '/.env',
        '/.git/config',
        '/v1/../etc/passwd',
        '/../../etc/passwd',
      ],
      ...[
        '/v1',
        '/v1/',
        '/v1/nothing',
        '/v1/runs/',
        '//v1/runs',
        '/v1//runs',
        '/V1/RUNS',
        '/v1/Runs',
        '/v2/runs',
        '/v1/runs.json',
      ],
      ...['/v1/runs%00', '/v1/runs%2f', '/v1/runs;x=1', '/%76%31/nothing', '/%ff%fe', '/v1/%2e%2e/keys'],
      ...[
        '/static/../package.json',
        '/package.json',
        '/server-status',
        '/wp-login.php',
        '/queues/../v1/nothing',
      ],
    ].map((path) => `GET ${path}`),
  ),
  ...requests('404 not-found', ['POST //admin', 'DELETE /..;/', 'PUT /%2e%2e%2f', 'PROPFIND /admin'], {
    unheard: true,
  }),
  ...requests('404 not-found', ['DELETE /v1/nothing', 'PUT /v1/runs/x/y/z']),
  ...requests('405 method-not-allowed', [
    ...['TRACE', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'LOCK', 'PURGE'].map((method) => `${method} /v1/runs`),
    `PUT /v1/runs/${runs.queued}`,
    `DELETE /v1/runs/${runs.queued}`,
    `TRACE /v1/runs/${runs.queued}`,
    `POST /v1/runs/${runs.queued}`,
    `GET /v1/runs/${runs.queued}/cancel`,
    'OPTIONS /v1/hosts',
    'GET /v1/pipelines/validate',
    'GET /v1/environments/lab/reset',
    'PUT /v1/keys',
    'DELETE /v1/audit',
    'PATCH /v1/audit',
  ]),
  ...requests(
    '405 method-not-allowed',
    ['TRACE /healthz', 'PUT /metrics', 'DELETE /session', 'TRACE /sign-in'],
    { unheard: true },
  ),
  ...each(
    '405 method-not-allowed',
    `POST /v1/webhooks/${webhook}`,
    mapped(overrides('DELETE'), (headers) => ({ headers })),
  ),
  ...each(
    '200',
    'GET /v1/runs',
    mapped(overrides('DELETE'), (headers) => ({ headers })),
  ),
  ...each(
    '409 state-conflict',
    `POST /v1/runs/${runs.cancelled}/cancel`,
    mapped(overrides('GET'), (headers) => ({ headers })),
  ),
  ...each('200', 'GET /v1/runs', { 'an expectation': { headers: { expect: 'the-unexpected' } } }),
  ...each('404 unknown-run', 'GET /v1/runs/..%2fkeys', { 'a way out': {} }),
  ...bytes('400 malformed-request', {
    'a method that is none': [head('NONSENSE /v1/runs HTTP/1.1', 'Host: x')],
    'a backslash': [head('GET /v1\\runs HTTP/1.1', 'Host: x')],
    'no version': ['GET /v1/runs\r\n\r\n'],
    'a version that is none': [head('GET /v1/runs HTTP/9.9', 'Host: x')],
    'a greeting of TLS': [Buffer.from('16030100a5010000a10303', 'hex')],
    'a command of Redis': ['*1\r\n$8\r\nFLUSHALL\r\n'],
    'a line break in a header': [head('GET /v1/runs HTTP/1.1', 'Host: x', 'X-Odd: a\rb')],
    'NUL in a header': [head('GET /v1/runs HTTP/1.1', 'Host: x', 'X-Odd: a\0b')],
    'a space before the colon': [head('GET /v1/runs HTTP/1.1', 'Host: x', 'Content-Length : 0')],
    'two lengths': [head('POST /v1/runs HTTP/1.1', 'Host: x', 'Content-Length: 1', 'Content-Length: 2')],
    'length and chunks': [
      head('POST /v1/runs HTTP/1.1', 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
      '0\r\n\r\nGET /v1/keys HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
    'chunks that are none': [
      head('POST /v1/runs HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked, identity'),
    ],
    'a negative length': [head('POST /v1/runs HTTP/1.1', 'Host: x', 'Content-Length: -1')],
    'no host': [head('GET /v1/runs HTTP/1.1')],
    'a host that is none': [head('GET /v1/runs HTTP/1.1', 'Host: a b')],
  }),
];

function head(...lines: string[]): string {
  return `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}

function overrides(method: string): Record<string, Record<string, string>> {
  const names = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'];
  return Object.fromEntries(names.map((name) => [`${name}: ${method}`, { [name]: method }]));
}
