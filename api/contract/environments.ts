import { z } from 'zod';
import { environment, environmentSummary, host, maintenanceRequest, resetRequest } from './environment.ts';
import { listOf, name } from './fields.ts';
import { JSON_BYTES_MAX, type Operations } from './operation.ts';
import { run } from './run.ts';
import { repeatable } from './shared.ts';

const params = z.object({ name: z.string().meta({ description: 'The name of the environment.' }) });
/** Where several hosts have an environment of that name. */
const query = z.strictObject({
  host: name.optional().meta({ description: 'Only needed where several hosts have one of that name.' }),
});

export const environmentOperations = {
  'GET /v1/hosts': {
    id: 'listHosts',
    tag: 'Environments',
    scope: 'read',
    summary: 'List the hosts on which workers have registered',
    answers: {
      200: {
        description: 'All hosts.',
        content: { 'application/json': listOf(host).meta({ id: 'HostList' }) },
      },
    },
  },
  'GET /v1/environments': {
    id: 'listEnvironments',
    tag: 'Environments',
    scope: 'read',
    summary: 'List the environments that workers have found',
    answers: {
      200: {
        description: 'All environments.',
        content: { 'application/json': listOf(environmentSummary).meta({ id: 'EnvironmentList' }) },
      },
    },
  },
  'GET /v1/environments/:name': {
    id: 'getEnvironment',
    tag: 'Environments',
    scope: 'read',
    summary: 'Show an environment with the health of its components',
    params,
    unknown: { name: 'unknown-environment' },
    query,
    answers: { 200: { description: 'The environment.', content: { 'application/json': environment } } },
    problems: ['ambiguous-host'],
  },
  'POST /v1/environments/:name/maintenance': {
    id: 'beginMaintenance',
    tag: 'Environments',
    scope: 'run',
    summary: 'Begin maintenance: the watch looks on and does not act',
    description:
      'May be repeated. A repair that the watch has begun by itself is cancelled; what is broken is repaired once maintenance has ended. Runs that somebody asks for are carried out all the same, with their own recovery.',
    params,
    unknown: { name: 'unknown-environment' },
    body: { content: { 'application/json': maintenanceRequest }, maxBytes: JSON_BYTES_MAX },
    answers: { 200: { description: 'The environment.', content: { 'application/json': environment } } },
    problems: ['ambiguous-host'],
  },
  'DELETE /v1/environments/:name/maintenance': {
    id: 'endMaintenance',
    tag: 'Environments',
    scope: 'run',
    summary: 'End maintenance',
    description: 'May be repeated.',
    params,
    unknown: { name: 'unknown-environment' },
    query,
    answers: { 204: { description: 'It is over.' } },
    problems: ['ambiguous-host'],
  },
  'POST /v1/environments/:name/reset': {
    id: 'resetEnvironment',
    tag: 'Environments',
    scope: 'reset',
    summary: 'Reset an environment',
    description: 'A run of its own, which is followed like any other.',
    params,
    unknown: { name: 'unknown-environment' },
    headers: repeatable,
    body: { content: { 'application/json': resetRequest }, maxBytes: JSON_BYTES_MAX },
    answers: {
      202: {
        description: 'The run that resets it was accepted.',
        content: { 'application/json': run },
        headers: ['Location'],
        mayHave: ['Idempotency-Replayed'],
      },
    },
    problems: [
      'ambiguous-host',
      'environment-lost',
      'state-conflict',
      'confirmation-required',
      'confirmation-mismatch',
      'reset-not-allowed',
      'idempotency-key-reused',
    ],
  },
} as const satisfies Operations;
