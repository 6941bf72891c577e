import { expect, test } from 'vitest';
import { COINIUM_JSON } from '../../../worker/components/coiniumserv.ts';
import { JSONC, parseObject, STRICT_JSON, withValue } from '../../../worker/components/json-text.ts';

const set = (text: string, path: (string | number)[], value: unknown, dialect = JSONC) =>
  withValue(text, dialect, { path, value });

test('a value is replaced and nothing else', () => {
  expect(set('{ "a" :1 , "b":[ "x",2 ] }', ['b', 1], 'new')).toBe('{ "a" :1 , "b":[ "x","new" ] }');
  expect(set('{"a":"ä\u{1F600}" /* 1 */, "b": 2}', ['b'], 3)).toBe('{"a":"ä\u{1F600}" /* 1 */, "b": 3}');
});

test.each([
  ['{}', ['a', 'b'], '{"a": {"b":1}}'],
  ['{"list": []}', ['list', 0], '{"list": [1]}'],
  ['{}', ['list', 0, 'a'], '{"list": [{"a":1}]}'],
  ['{"a": 0}', ['b'], '{"a": 0, "b": 1}'],
  ['{\n\t"a": 0\n}\n', ['b'], '{\n\t"a": 0,\n\t"b": 1\n}\n'],
  ['{\r\n  "a": 0\r\n}', ['b'], '{\r\n  "a": 0,\r\n  "b": 1\r\n}'],
  ['{\n  "a": 0,\n}', ['b'], '{\n  "a": 0,\n  "b": 1,\n}'],
  ['{\n  "a": {\n    "x": 0\n  }\n}', ['a', 'b'], '{\n  "a": {\n    "x": 0,\n    "b": 1\n  }\n}'],
])('a new member of %j gets its place', (text, path, expected) => {
  expect(set(text, path, 1)).toBe(expected);
});

test('a new member stands behind the comment of the one before', () => {
  const text = '{\n  "a": 0 # the first, with a " in it\n  # the end\n}\n';
  expect(set(text, ['b'], 1, COINIUM_JSON)).toBe(
    '{\n  "a": 0, # the first, with a " in it\n  "b": 1\n  # the end\n}\n',
  );
});

test('a place inside a plain value is refused', () => {
  expect(() => set('{"a": 5}', ['a', 'b'], 1)).toThrow('neither an object nor an array');
});

test('only an object is a configuration, and strict means strict', () => {
  expect(parseObject('[]', JSONC)).toEqual({ line: 1 });
  expect(parseObject('', JSONC)).toEqual({ line: 1 });
  expect(parseObject('{\n// c\n"a": 1,}', JSONC)).toEqual({ value: { a: 1 } });
  expect(parseObject('{\n// c\n"a": 1}', STRICT_JSON)).toEqual({ line: 2 });
  expect(parseObject('{\n"a": 1,}', STRICT_JSON)).toEqual({ line: 2 });
});
