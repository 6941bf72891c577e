import { describe, expect, it } from 'vitest';
import { firstMatch } from '../../../worker/host/pattern.ts';

const search = (patterns: string[], text: string, timeoutMs?: number) =>
  firstMatch(patterns, { flags: 'mu', text, ...(timeoutMs !== undefined && { timeoutMs }) });

/** Every further `a` doubles what it costs to find out that the end does not fit. */
const CATASTROPHE = '^(a+)+$';
const BAIT = `${'a'.repeat(60)}!`;

describe('firstMatch', () => {
  it('tells the first pattern that is found, in any line', async () => {
    expect(await search(['nothing', '^two$', 'one'], 'one\ntwo\n')).toBe(1);
    expect(await search(['nothing'], 'one\ntwo\n')).toBe(-1);
    expect(await search([], 'one')).toBe(-1);
  });

  it('gives up on a pattern that backtracks for ever, and leaves our own thread free', async () => {
    const order: string[] = [];
    const searching = search([CATASTROPHE], BAIT, 300).finally(() => order.push('given up'));
    setTimeout(() => order.push('heartbeat'), 1);
    await expect(searching).rejects.toThrow('not within 300 ms');
    expect(order).toEqual(['heartbeat', 'given up']);
  });

  it('says of a pattern that cannot be searched for why', async () => {
    await expect(search(['('], 'text')).rejects.toThrow('Invalid regular expression');
  });
});
