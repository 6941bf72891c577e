import { type Attack, bodies, type Family } from './attack.ts';

const INVALID = '422 validation-error';
/** What Postgres cannot keep. */
const UNSTORABLE = { NUL: '\\u0000', 'half a surrogate': '\\ud800', 'the other half': '\\udfff' };

/** JSON in which something is too much, missing, or of the wrong kind. */
export const fields: Family = ({ good, api }) => {
  const key = { name: 'ci', scopes: ['read'] };
  const webhook = { url: 'https://hooks.example.com/' };
  const prompt = (userPrompt: unknown) => ({ ...good, userPrompt });
  return [
    ...unfit('POST /v1/runs', good, ['pipelineName', 'userPrompt', 'host']),
    ...unfit('POST /v1/keys', key, ['name']),
    ...unfit('POST /v1/webhooks', webhook, ['url']),
    ...unfit('POST /v1/environments/sandbox/reset', { type: 'soft' }, ['confirm', 'host']),
    ...unfit('POST /v1/environments/sandbox/maintenance', {}, ['reason', 'host']),
    ...bodies(INVALID, 'POST /v1/runs', {
      'a state of its own': { ...good, status: 'succeeded', outcome: 'complete' },
      'an id of its own': { ...good, id: '01990000-0000-7000-8000-000000000000', epoch: 7, owner: 'me' },
      'ports and names of a stack': { ...good, stratumPort: 0, rpcPort: 65_536, component: '-rf' },
      'a port with a command in it': { ...good, stratumPort: '3333;id' },
      'a user of the RPC with a line break': {
        ...good,
        credentials: { username: 'lab\nrpcallowip=0.0.0.0/0' },
      },
      'a pipeline of its own': { ...good, pipeline: { stages: [] }, command: ['id'] },
      'another spelling': { ...good, UserPrompt: 'x', working_directory: api.lab },
      'no prompt': prompt(undefined),
      'no pipeline': { ...good, pipelineName: undefined },
      'no directory': { ...good, workingDirectory: undefined },
      'an empty pipeline': { ...good, pipelineName: '' },
      'an empty directory': { ...good, workingDirectory: '' },
      'an empty host': { ...good, host: '' },
      'a prompt that is an object': prompt({ toString: 'x' }),
      'a prompt that is a list': prompt(['x']),
      'a prompt that is null': prompt(null),
      'a prompt of 8193 characters': prompt('x'.repeat(8193)),
      'a prompt of 8193 bytes': prompt('€'.repeat(2731)),
      'a long pipeline name': { ...good, pipelineName: 'x'.repeat(257) },
      'a long directory': { ...good, workingDirectory: `/${'x'.repeat(4096)}` },
      'a prompt of 1e999': JSON.stringify(prompt('?')).replace('"?"', '1e999'),
    }),
    ...bodies(INVALID, 'POST /v1/keys', {
      'an id of its own': { ...key, id: '0'.repeat(16) },
      'a secret of its own': { ...key, secretHash: '0'.repeat(64) },
      'no scopes': { ...key, scopes: [] },
      'an unknown scope': { ...key, scopes: ['root'] },
      'a scope that every object has': { ...key, scopes: ['constructor'] },
      'a scope twice': { ...key, scopes: ['read', 'read'] },
      'a past end': { ...key, expiresAt: '2020-01-01T00:00:00Z' },
      'an end of 1e999': JSON.stringify({ ...key, expiresAt: 0 }).replace(':0', ':1e999'),
      'an end far away': { ...key, expiresAt: '+275760-09-13T00:00:00Z' },
      'an escape sequence in its name': { ...key, name: '\u001b[2J' },
      'a line break in its name': { ...key, name: 'a\r\nb' },
    }),
    ...bodies(INVALID, 'POST /v1/webhooks', {
      'a state of its own': { ...webhook, disabledAt: null },
      'a long address': { url: `https://hooks.example.com/${'x'.repeat(2_030)}` },
      'a short secret': { ...webhook, secret: 'whsec_c2hvcnQ=' },
      'another secret': { ...webhook, secret: 'secret' },
      'no environments': { ...webhook, environments: [] },
      'an environment that is none': { ...webhook, environments: [''] },
    }),
    ...bodies(INVALID, 'POST /v1/environments/sandbox/reset', {
      'no type': {},
      'an unknown type': { type: 'everything' },
      'a type that every object has': { type: 'constructor' },
      'several types': { type: ['soft', 'data'] },
      'a confirmation that is true': { type: 'data', confirm: true },
      'preemption that is a word': { type: 'soft', preempt: 'yes' },
      'a folder of its own': { type: 'soft', path: '/' },
    }),
    ...bodies(INVALID, 'POST /v1/environments/sandbox/maintenance', {
      'an empty reason': { reason: '' },
      'a long reason': { reason: 'x'.repeat(1025) },
      'somebody else': { reason: 'x', by: 'them' },
    }),
  ];
};

/** What does for no request: another kind of value, members of every object, and text that cannot be kept. */
function unfit(route: string, good: object, texts: readonly string[]): Attack[] {
  const json = JSON.stringify(good);
  const withMember = (member: string) => (json === '{}' ? `{${member}}` : `{${member},${json.slice(1)}`);
  const unstorable = texts.flatMap((field) =>
    Object.entries(UNSTORABLE).map(([name, escaped]): [string, string] => {
      const rest = Object.fromEntries(Object.entries(good).filter(([other]) => other !== field));
      return [
        `${name} in ${field}`,
        `{"${field}":"a${escaped}",${JSON.stringify(rest).slice(1)}`.replace(',}', '}'),
      ];
    }),
  );
  return bodies(INVALID, route, {
    'a list': [],
    'a list of it': [good],
    'a text': '"x"',
    'a number': '7',
    '1e999': '1e999',
    null: 'null',
    true: 'true',
    'an unknown field': { ...good, extra: 1 },
    'an unknown number': withMember('"extra":1e999'),
    __proto__: withMember('"__proto__":{"scopes":["admin"]}'),
    constructor: withMember('"constructor":{"prototype":{}}'),
    'a number for each text': Object.fromEntries([
      ...Object.entries(good),
      ...texts.map((field) => [field, 7]),
    ]),
    ...Object.fromEntries(unstorable),
  });
}
