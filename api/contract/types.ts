import type { z } from 'zod';
import type { ApiRoute, Contract } from './index.ts';
import type { Operation } from './operation.ts';

/** What a route takes, as its handler gets it: by the place where it was found. */
export type Taken<R extends ApiRoute> = Parts<Contract[R], 'output'>;

/** What a route takes, as a client writes it. */
export type Given<R extends ApiRoute> = Parts<Contract[R], 'input'>;

type Side = 'input' | 'output';
type Read<S, D extends Side> = S extends z.ZodType ? (D extends 'input' ? z.input<S> : z.output<S>) : never;

type Parts<O extends Operation, D extends Side> = (O extends { params: infer S }
  ? { param: Read<S, D> }
  : object) &
  (O extends { query: infer S } ? { query: Read<S, D> } : object) &
  (O extends { headers: infer S } ? { header: Read<S, D> } : object) &
  (O extends { body: { content: { 'application/json': infer S } } } ? { json: Read<S, D> } : object);

/** The documents that a route may answer with, each with its status and media type. */
export type Answers<R extends ApiRoute> = AnswersOf<Contract[R]['answers']>;

type AnswersOf<A> = {
  [Status in keyof A & number]: A[Status] extends { content: infer C }
    ? {
        [Type in keyof C & string]: { status: Status; type: Type; document: Read<C[Type], 'output'> };
      }[keyof C & string]
    : { status: Status; type: null; document: null };
}[keyof A & number];
