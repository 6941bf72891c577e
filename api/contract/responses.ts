import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import type { Examples } from './examples.ts';
import { HEADERS, type HeaderName } from './headers.ts';
import { type Answer, isLimited, type Operation, problemsOf } from './operation.ts';
import { PROBLEM_MEDIA_TYPE, PROBLEM_TYPES, PROBLEMS, type ProblemCode, problem } from './problems.ts';

const LIMITS: readonly HeaderName[] = ['RateLimit', 'RateLimit-Policy'];

/** The headers that problems bring with them. */
const PROBLEM_HEADERS: Readonly<Partial<Record<ProblemCode, readonly HeaderName[]>>> = {
  unauthenticated: ['WWW-Authenticate'],
  'insufficient-scope': ['WWW-Authenticate'],
  'method-not-allowed': ['Allow'],
  'rate-limited': ['Retry-After', ...LIMITS],
  'too-many-requests': ['Retry-After'],
  'database-unavailable': ['Retry-After'],
};

type Response = ZodOpenApiResponseObject;
type Referable = Response | { $ref: string };

/** Writes the answers of operations. What can only be one problem is a component, by the name of its code. */
export class Responses {
  readonly #examples: Examples;
  readonly #named = new Set<ProblemCode>();

  constructor(examples: Examples) {
    this.#examples = examples;
  }

  /** All that a route may answer, by status. */
  of(route: string, operation: Operation): Record<string, Referable> {
    const answers = Object.entries(operation.answers).map(
      ([status, answer]) => [status, this.#answer(route, status, answer)] as const,
    );
    const codes = problemsOf(route, operation);
    const statuses = [...new Set(codes.map((code) => PROBLEMS[code][0]))].sort();
    const problems = statuses.map((status) => {
      return [`${status}`, this.#problems(codes.filter((code) => PROBLEMS[code][0] === status))] as const;
    });
    return Object.fromEntries([...answers, ...problems]);
  }

  /** The components: those that were referred to so far, and these. */
  named(more: readonly ProblemCode[]): Record<string, Response> {
    const codes = [...new Set([...this.#named, ...more])];
    return Object.fromEntries(codes.map((code) => [pascalCase(code), this.#problem([code])]));
  }

  #problems(codes: readonly ProblemCode[]): Referable {
    const [code, ...others] = codes;
    if (code === undefined || others.length > 0) return this.#problem(codes);
    this.#named.add(code);
    return { $ref: `#/components/responses/${pascalCase(code)}` };
  }

  #problem(codes: readonly ProblemCode[]): Response {
    const types = codes.map((code) => `${PROBLEM_TYPES}${code}`);
    const schema = z.intersection(problem, z.looseObject({ type: z.enum(types) }));
    const recorded = codes.filter((code) => code in this.#examples.problems);
    const examples = Object.fromEntries(
      recorded.map((code) => [code, { value: this.#examples.problems[code] }]),
    );
    return {
      description: codes.map((code) => `${PROBLEMS[code][1]} (\`${code}\`).`).join(' '),
      ...headersOf(codes.flatMap((code) => PROBLEM_HEADERS[code] ?? [])),
      content: { [PROBLEM_MEDIA_TYPE]: { schema, ...(recorded.length > 0 && { examples }) } },
    };
  }

  #answer(route: string, status: string, answer: Answer): Response {
    const { description, content, headers = [], mayHave = [] } = answer;
    const limits = isLimited(route) ? LIMITS : [];
    const recorded = this.#examples.answers[route] ?? {};
    const media = Object.entries(content ?? {}).map(([type, schema]) => {
      const example = recorded[`${status} ${type}`];
      return [type, { schema, ...(example !== undefined && { example }) }] as const;
    });
    return {
      description,
      ...headersOf([...headers, ...mayHave, ...limits]),
      ...(content && { content: Object.fromEntries(media) }),
    };
  }
}

function headersOf(names: readonly HeaderName[]): { headers?: z.ZodObject } {
  if (names.length === 0) return {};
  return { headers: z.object(Object.fromEntries(names.map((name) => [name, HEADERS[name]]))) };
}

function pascalCase(code: string): string {
  return code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
