import { expect, test } from 'vitest';
import { parseAllowance } from '../../core/webhook.ts';
import { postOutside } from '../../outside/post.ts';
import { startDns } from '../support/dns.ts';
import { receiver } from '../worker/notices/receiver.ts';

const MESSAGE = { headers: {}, body: '{}' };
const never = new AbortController().signal;
const portOf = (url: string) => new URL(url).port;

test('a name is looked up once, and what was checked is what is called', async () => {
  const first = await receiver((response) => response.end('the first'));
  const second = await receiver((response) => response.end('the second'), {
    address: '127.0.0.2',
    port: Number(portOf(first.url)),
  });
  const dns = await startDns((_, nth) => [nth === 1 ? '127.0.0.1' : '127.0.0.2']);
  const answer = await postOutside(
    `http://hooks.rebind.example:${portOf(first.url)}/`,
    MESSAGE,
    parseAllowance('hooks.rebind.example'),
    never,
    dns.resolve,
  );
  expect(answer).toEqual({ status: 200, excerpt: 'the first' });
  expect(first.received[0]?.headers.host).toBe(`hooks.rebind.example:${portOf(first.url)}`);
  expect(dns.asked).toEqual(['hooks.rebind.example']);
  expect(second.received).toEqual([]);
});

test.each([
  ['127.0.0.1'],
  ['10.0.0.7'],
  ['169.254.169.254'],
  ['0.0.0.0'],
  ['93.184.215.14', '192.168.1.1'],
  ['93.184.215.14', '::1'],
  ['fe80::1'],
  ['fd00::1'],
  ['64:ff9b::7f00:1'],
  ['2002:7f00:1::1'],
])('a public name that leads to %s %s is not called', async (...addresses) => {
  const { resolve } = await startDns(() => addresses.filter((address) => address !== undefined));
  const call = postOutside('https://hooks.example.com/', MESSAGE, parseAllowance(''), never, resolve);
  await expect(call).rejects.toThrow(/^hooks\.example\.com leads to \S+, which webhooks may not call$/);
});

test('a name that leads nowhere, a server that is gone: said so', async () => {
  const { resolve } = await startDns(() => []);
  const lost = postOutside('https://hooks.example.com/', MESSAGE, parseAllowance(''), never, resolve);
  await expect(lost).rejects.toThrow('hooks.example.com has no address');
  const gone = postOutside('http://127.0.0.1:1/', MESSAGE, parseAllowance('127.0.0.1'), never);
  await expect(gone).rejects.toThrow('ECONNREFUSED');
});

test('an answer beyond 64 KiB is not read to its end', async () => {
  const endless = await receiver((response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.writeHead(200).on('drain', more);
    more();
  });
  const answer = await postOutside(endless.url, MESSAGE, parseAllowance('127.0.0.1'), never);
  expect(answer).toEqual({ status: 200, excerpt: 'x'.repeat(200) });
});
