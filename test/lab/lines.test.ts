import { expect, test } from 'vitest';
import { readLines } from '../../lab/protocol/lines.ts';

function reader() {
  const seen: string[] = [];
  const push = readLines({
    maxLineLength: 10,
    onLine: (line) => seen.push(line),
    onOverflow: () => seen.push('OVERFLOW'),
  });
  return { seen, push: (text: string | Buffer) => push(Buffer.from(text)) };
}

test('lines may come in any pieces, and empty ones are skipped', () => {
  const { seen, push } = reader();
  for (const piece of ['a', 'b\n\n \nc', '\nd']) push(piece);
  expect(seen).toEqual(['ab', 'c']);
});

test('a character cut in two arrives whole', () => {
  const { seen, push } = reader();
  const bytes = Buffer.from('ä\n');
  push(bytes.subarray(0, 1));
  push(bytes.subarray(1));
  expect(seen).toEqual(['ä']);
});

test.each(['12345678901', '12345678901\nx\n'])('a line that is too long ends the reading: %j', (text) => {
  const { seen, push } = reader();
  push('ok\n');
  push(text);
  push('more\n');
  expect(seen).toEqual(['ok', 'OVERFLOW']);
});
