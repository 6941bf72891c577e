import fc from 'fast-check';
import { DOCUMENT } from '../support/documented.ts';

/** As much of JSON Schema as the document uses for what is sent. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  properties?: Record<string, Schema>;
  required?: string[];
}

/** Values that mean something to the system under test, by the name of the field or parameter. */
export type Words = Readonly<Record<string, readonly string[]>>;

const CHARS_MAX = 40;

/** Values that the schema allows, as far as it says. */
export function valid(schema: Schema, words: Words, name = ''): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined)
    return valid(DOCUMENT.components.schemas[schema.$ref.split('/').at(-1) ?? ''], words, name);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const [type, ...others] = [schema.type].flat();
  const one = ofType(type, schema, words, name);
  return others.includes('null') ? fc.option(one) : one;
}

function ofType(type: string | undefined, schema: Schema, words: Words, name: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return withWords(text(schema), words[name]);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 10_000 });
    case 'array': {
      const items = valid(schema.items ?? {}, words, name);
      const lengths = { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 5, 5) };
      return schema.uniqueItems ? fc.uniqueArray(items, lengths) : fc.array(items, lengths);
    }
    case 'object':
      return object(schema, words);
    default:
      return fc.jsonValue({ maxDepth: 4 });
  }
}

function object({ properties = {}, required = [] }: Schema, words: Words): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(
    ([name, schema]) => [name, valid(schema, words, name)] as const,
  );
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}

function text({ format, pattern, minLength = 0, maxLength = CHARS_MAX }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc
      .date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (format === 'uuid') return fc.uuid({ version: 7 });
  if (pattern !== undefined && !pattern.includes('\\P'))
    return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  return fc.string({ minLength, maxLength: Math.min(maxLength, CHARS_MAX) });
}

function withWords(
  arbitrary: fc.Arbitrary<unknown>,
  words: readonly string[] | undefined,
): fc.Arbitrary<unknown> {
  if (words === undefined) return arbitrary;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary });
}

/** What nobody should send, and somebody does. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('\u0000', 'a\u0000b', '\ud800') },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '-1',
      '1e999',
      '99999999999999999999',
      '0x10',
      "x'; drop table runs; --",
      '../../etc/passwd',
      '%2e%2e%2f',
      '$HOME',
      '__proto__',
      'constructor',
      'null',
      '[]',
      '<script>alert(1)</script>',
      '\r\nX-Injected: 1',
      '\u202e',
      '2026-02-30T00:00:00Z',
      '+275760-09-13T00:00:00.001Z',
      '00000000-0000-0000-0000-000000000000',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(300, 5_000, 10_000).map((length) => 'a'.repeat(length)) },
);

/** Something else than what is expected in one place. */
const wrong: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.constantFrom<unknown>(null, true, 0, -1, 0.5, 1e308, [], {}, [[]], { a: {} }),
);

/** The value, changed in one place: a field that is wrong, too many or missing, or another value altogether. */
export function nearly(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(values, wrong, fc.nat(), fc.constantFrom('change', 'change', 'drop', 'add', 'replace'))
    .map(spoilt);
}

function spoilt([value, other, nth, how]: [unknown, unknown, number, string]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || how === 'replace') return other;
  const keys = Object.keys(value);
  const key = keys[nth % Math.max(1, keys.length)] ?? 'x';
  if (how === 'drop') return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  const name = how === 'change' ? key : (['x', '__proto__', 'constructor', 'id', ''][nth % 5] ?? 'x');
  return Object.fromEntries([...Object.entries(value), [name, other]]);
}
