import { each, type Family, mapped } from './attack.ts';

/** Text in which there is no request, or more than one. */
export const envelopes: Family = ({ good }) => {
  const json = JSON.stringify(good);
  const text = { 'content-type': 'text/plain' };
  const sent = (body: string) => ({ headers: text, body });
  const open = '[PIPELINE-EXECUTE]';
  return [
    ...each(
      '400 malformed-envelope',
      'POST /v1/runs',
      mapped(
        {
          nothing: '',
          prose: 'please mine something',
          'the JSON alone': json,
          'no object': `${open} nothing [/PIPELINE-EXECUTE]`,
          'no end': `${open} ${json.slice(0, -1)}`,
          'two requests': `${open} ${json} [/PIPELINE-EXECUTE] ${open} ${json}`,
          'the tag in small letters': `[pipeline-execute] ${json}`,
          'a million brackets': `${open} ${'{'.repeat(60_000)}`,
        },
        sent,
      ),
    ),
    ...each('400 malformed-json', 'POST /v1/runs', {
      'an envelope that claims to be JSON': { body: `${open} ${json}` },
      'no JSON in it': sent(`${open} {pipelineName: x}`),
    }),
    ...each('422 validation-error', 'POST /v1/runs', {
      'an unknown field in it': sent(`${open} ${JSON.stringify({ ...good, status: 'succeeded' })}`),
      'nested without end': sent(`${open} ${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`),
    }),
    ...each('422 working-directory-not-allowed', 'POST /v1/runs', {
      'a folder that is not allowed in it': sent(
        `${open} ${JSON.stringify({ ...good, workingDirectory: '/etc' })}`,
      ),
    }),
    ...each('413 content-too-large', 'POST /v1/runs', {
      'prose without end': sent('x'.repeat(64 * 1024 + 1)),
    }),
  ];
};
