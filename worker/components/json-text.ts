import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parse,
  parseTree,
} from 'jsonc-parser';

/** How a program reads the file that it calls JSON. */
export interface Dialect {
  /** The text with all that the program skips turned into blanks. Every other character keeps its place. */
  blank(text: string): string;
  /** To it, comments of slashes and commas too many are errors. */
  strict: boolean;
  /** What a person must know who corrects the file. */
  hint: string;
}

/** JSON with comments of slashes and commas too many allowed. */
export const JSONC: Dialect = { blank: (text) => text, strict: false, hint: 'Correct the file.' };

/** JSON as its specification has it. */
export const STRICT_JSON: Dialect = { ...JSONC, strict: true };

/** A value to be set in a JSON file. */
export interface JsonEdit {
  path: JSONPath;
  value: unknown;
}

/** The object that a text holds, or the number of the line that keeps it from being one. */
export function parseObject(text: string, { blank, strict }: Dialect): { value: object } | { line: number } {
  const errors: ParseError[] = [];
  const value: unknown = parse(blank(text), errors, {
    allowTrailingComma: !strict,
    disallowComments: strict,
  });
  const [first] = errors;
  if (first) return { line: text.slice(0, first.offset).split('\n').length };
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value } : { line: 1 };
}

/** The text with one value set, and every other character of it as it was. The text must hold an object. */
export function withValue(text: string, dialect: Dialect, { path, value }: JsonEdit): string {
  const blanked = dialect.blank(text);
  const root = parseTree(blanked, [], { allowTrailingComma: true });
  if (!root) throw new RangeError('a text without a value');
  const node = findNodeAtLocation(root, path);
  if (node) return splice(text, node.offset, node.length, JSON.stringify(value));
  const depth = deepest(root, path);
  const parent = findNodeAtLocation(root, path.slice(0, depth));
  if (parent?.type !== 'object' && parent?.type !== 'array')
    throw new RangeError(`${path.slice(0, depth).join('.')} is neither an object nor an array`);
  return insert(text, blanked, parent, memberText(path[depth], nested(path.slice(depth + 1), value)));
}

/** How many steps of a path exist already; its last step does not. */
function deepest(root: Node, path: JSONPath): number {
  let depth = path.length - 1;
  while (depth > 0 && !findNodeAtLocation(root, path.slice(0, depth))) depth--;
  return depth;
}

function nested(path: JSONPath, value: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, key) => (typeof key === 'number' ? [inner] : { [key]: inner }),
    value,
  );
}

function memberText(key: string | number | undefined, value: unknown): string {
  const text = JSON.stringify(value);
  return typeof key === 'number' ? text : `${JSON.stringify(key)}: ${text}`;
}

/** Puts a new member behind the last one: on a line of its own where that has one, behind its comment. */
function insert(text: string, blanked: string, parent: Node, member: string): string {
  const last = parent.children?.at(-1);
  if (!last) return splice(text, parent.offset + 1, 0, member);
  const end = last.offset + last.length;
  const lineStart = blanked.lastIndexOf('\n', last.offset) + 1;
  const indent = text.slice(lineStart, last.offset);
  if (indent.trim() !== '' || lineStart <= parent.offset) return splice(text, end, 0, `, ${member}`);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const rest = /^[^\r\n]*/.exec(blanked.slice(end))?.[0] ?? '';
  const at = rest.trim() === '' ? end + rest.length : end;
  return splice(splice(text, at, 0, `${eol}${indent}${member}`), end, 0, ',');
}

function splice(text: string, offset: number, length: number, replacement: string): string {
  return text.slice(0, offset) + replacement + text.slice(offset + length);
}
