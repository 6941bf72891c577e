import { bodies, each, type Family, requests } from './attack.ts';
import { idOf } from './scene.ts';

/** What cannot be done now, wants a confirmation, or was asked before. */
export const states: Family = ({ api, good, runs }) => {
  const reset = (name: string) => `POST /v1/environments/${name}/reset`;
  return [
    ...requests('409 state-conflict', [
      `POST /v1/runs/${runs.cancelled}/cancel`,
      `POST /v1/runs/${runs.cancelled}/resume`,
      `POST /v1/runs/${runs.cancelled}/retry-now`,
      `POST /v1/runs/${runs.queued}/resume`,
      `POST /v1/runs/${runs.queued}/retry-now`,
      `DELETE /v1/keys/${idOf(api.key)}`,
    ]),
    ...bodies('409 state-conflict', reset('lab'), {
      'while a run is at work': { type: 'soft' },
      'another type': { type: 'config' },
    }),
    ...bodies('422 reset-not-allowed', reset('lab'), {
      'data that may not be wiped': { type: 'data', confirm: 'lab' },
      'all of it': { type: 'full', confirm: 'lab' },
      'without a confirmation': { type: 'full' },
    }),
    ...bodies('428 confirmation-required', reset('sandbox'), {
      data: { type: 'data' },
      full: { type: 'full' },
    }),
    ...['', 'lab', 'SANDBOX', 'sandbox ', 'sandbo', 'yes', 'true', '*'].flatMap((confirm) =>
      bodies('412 confirmation-mismatch', reset('sandbox'), {
        [`"${confirm}"`]: { type: 'data', confirm },
        [`"${confirm}" for all of it`]: { type: 'full', confirm },
      }),
    ),
    ...each('422 idempotency-key-reused', 'POST /v1/runs', {
      'with another prompt': {
        headers: { 'idempotency-key': 'used' },
        body: { ...good, userPrompt: 'Another' },
      },
      'with another pipeline': {
        headers: { 'idempotency-key': 'used' },
        body: { ...good, pipelineName: 'mining-health-check' },
      },
      'with a host': { headers: { 'idempotency-key': 'used' }, body: { ...good, host: 'rig-1' } },
    }),
    ...['', 'x'.repeat(256), 'caf\u00e9', 'a\tb'].flatMap((key) =>
      each('422 validation-error', 'POST /v1/runs', {
        [`an Idempotency-Key of ${JSON.stringify(key.slice(0, 9))}`]: {
          headers: { 'idempotency-key': key },
          body: good,
        },
      }),
    ),
    ...each('202', 'POST /v1/runs', {
      'the same under the same key': { headers: { 'idempotency-key': 'used' }, body: good },
    }),
  ];
};
