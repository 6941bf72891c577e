import { z } from 'zod';
import { readEventId } from '../http/event-id.ts';
import { facts, instant, name, runStatus, uuid, writtenAs } from './fields.ts';
import type { Answer, Operations } from './operation.ts';
import { eventNumber, integer } from './query.ts';
import { ifNoneMatch } from './shared.ts';

export const event = z
  .strictObject({
    seq: z.int().min(1).meta({ description: 'Rises in the order in which things happened.' }),
    runId: uuid,
    type: z
      .string()
      .meta({ description: 'Such as `stage_attempt_begun`, `diagnosis` or `incident_resolved`.' }),
    at: instant,
    data: facts.meta({ description: 'Its fields depend on the type.' }),
  })
  .meta({ id: 'Event', description: 'Something that happened in a run.' });

export const streamEnd = z
  .strictObject({ runId: uuid, status: runStatus, outcome: z.string().nullable() })
  .meta({ id: 'StreamEnd', description: 'The run is finished, and nothing more will happen in it.' });

const eventPage = z
  .strictObject({
    items: z.array(event),
    nextAfter: z.int().nullable().meta({ description: 'The `after` of the next page; `null`: that is all.' }),
  })
  .meta({ id: 'EventPage' });

export type Event = z.output<typeof event>;
export type StreamEnd = z.output<typeof streamEnd>;

const paging = {
  after: eventNumber.optional().meta({ description: 'Only what has a higher number.' }),
  limit: integer(1, 1000, 100).meta({ description: 'How many events a page may have.' }),
};

const headers = z.object({
  'Last-Event-ID': z
    .string()
    .transform(readEventId)
    .optional()
    .meta({
      description: 'Where a stream that was cut off goes on. Browsers send it by themselves.',
      override: writtenAs({ type: 'string', pattern: '^\\d{0,15}$' }),
    }),
  'If-None-Match': ifNoneMatch,
});

const stream = (end: string): z.ZodType<string> =>
  z.string().meta({
    description: `Messages with \`id\` (the number of the event), \`event\` (its type) and \`data\` (an Event as JSON). ${end} A comment comes every 15 s where nothing happens.`,
  });

const answers = (end: string) =>
  ({
    200: {
      description: 'A stream, or a page for who accepts `application/json` and no stream.',
      content: { 'text/event-stream': stream(end), 'application/json': eventPage },
      headers: ['Vary', 'Cache-Control'],
      mayHave: ['ETag'],
    },
    304: { description: 'The page is as the client knows it.', headers: ['ETag', 'Cache-Control', 'Vary'] },
  }) as const satisfies Record<number, Answer>;

export const eventOperations = {
  'GET /v1/runs/:id/events': {
    id: 'followRun',
    tag: 'Events',
    scope: 'read',
    summary: 'Follow what happens in a run',
    params: z.object({ id: z.uuid().meta({ description: 'The id of the run.' }) }),
    unknown: { id: 'unknown-run' },
    query: z.strictObject(paging),
    headers,
    answers: answers('Once the run is finished, `event: end` (a StreamEnd) is the last one.'),
    problems: ['too-many-requests'],
  },
  'GET /v1/events': {
    id: 'followEvents',
    tag: 'Events',
    scope: 'read',
    summary: 'Follow what happens in all runs',
    description: 'A stream without `after` begins a minute ago.',
    query: z.strictObject({
      ...paging,
      environment: name.optional().meta({ description: 'Only what happens in environments of this name.' }),
    }),
    headers,
    answers: answers('It has no end.'),
    problems: ['too-many-requests'],
  },
} as const satisfies Operations;
