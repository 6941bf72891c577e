import { expect, test } from 'vitest';
import { isSpecial, parseAddress } from '../../core/address.ts';
import { mayConnect, parseAllowance, targetProblem, webhookRetryAfter } from '../../core/webhook.ts';

const NOTHING = parseAllowance('');

test.each([
  'https://hooks.example.com/davy?x=1',
  'https://hooks.example.com:8443/',
  'https://93.184.215.14/',
  'https://xn--bcher-kva.example.com/',
  'https://bücher.example.com/',
  'https://hooks.example.com./',
  'https://HOOKS.Example.com:443/',
  'https://172.32.0.1/',
  'https://[::ffff:93.184.215.14]/',
  'https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/',
])('%s may be called', (url) => {
  expect(targetProblem(url, NOTHING)).toBeNull();
});

test.each([
  'hooks.example.com',
  'http://hooks.example.com/',
  'file:///etc/passwd',
  'https://user:secret@hooks.example.com/',
  'https://hooks.example.com:6379/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://printer/',
  'https://metadata.google.internal/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://10.1.2.3/',
  'https://100.64.0.1/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://0.0.0.0/',
  'https://255.255.255.255/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::1]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  `https://hooks.example.com/${'x'.repeat(2048)}`,
  'https://0x7f.1/',
  'https://0x7f000001/',
  'https://017700000001/',
  'https://127.0.0.1./',
  'https://127.0.0.1../',
  'https://127%2e0%2e0%2e1/',
  'https://127。0。0。1/',
  'https://①②⑦.0.0.1/',
  'https://0/',
  'https://localhost./',
  'https://localhost../',
  'https://a.localhost/',
  'https://ⓛocalhost/',
  'https://hooks..example.com/',
  'https://hooks.example.com../',
  'https://-hooks.example.com/',
  'https://hooks_1.example.com/',
  'https://printer.local/',
  'https://1.0.0.127.in-addr.arpa/',
  'https://xn--/',
  'https://user@hooks.example.com/',
  'https://:secret@hooks.example.com/',
  'https://hooks.example.com:22/',
  'https://hooks.example.com:25/',
  'https://hooks.example.com:80/',
  'https://hooks.example.com:0/',
  'https://hooks.example.com:65536/',
  'https://hooks.\nexample.com/',
  ' https://hooks.example.com/',
  'https://hooks.example.com/a b',
  'https://',
  'ftp://hooks.example.com/',
  'ws://hooks.example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'https://192.0.2.1/',
  'https://192.88.99.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://239.255.255.250/',
  'https://240.0.0.1/',
  'https://[::127.0.0.1]/',
  'https://[::93.184.215.14]/',
  'https://[4000::1]/',
  'https://[::ffff:0:127.0.0.1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[64:ff9b:1::a00:1]/',
  'https://[100::1]/',
  'https://[2001:db8::1]/',
  'https://[2001:10::1]/',
  'https://[3fff::1]/',
  'https://[5f00::1]/',
  'https://[fec0::1]/',
  'https://[fc00::1]/',
  'https://[ff02::1]/',
  'https://[ff0e::1]/',
  'https://[fe80::1%25eth0]/',
])('%s may not', (url) => {
  expect(targetProblem(url, NOTHING)).not.toBeNull();
});

test('what is allow-listed may be called in any way', () => {
  const allowance = parseAllowance(' hooks.lan, 127.0.0.1 ,10.0.0.0/8,fd00::/8,');
  expect(allowance.wrong).toEqual([]);
  const verdict = (url: string) => targetProblem(url, allowance) === null;
  expect(verdict('http://hooks.lan:9000/')).toBe(true);
  expect(verdict('http://127.0.0.1:9000/')).toBe(true);
  expect(verdict('http://10.255.0.1/')).toBe(true);
  expect(verdict('http://[fd12::1]:81/')).toBe(true);
  expect(verdict('http://127.0.0.2/')).toBe(false);
  expect(verdict('http://11.0.0.1/')).toBe(false);
  expect(verdict('http://a.hooks.lan/')).toBe(false);
  expect(mayConnect('hooks.lan', '192.168.1.1', allowance)).toBe(true);
  expect(mayConnect('hooks.example.com', '10.0.0.1', allowance)).toBe(true);
});

test('an address is checked again when its name was resolved', () => {
  expect(mayConnect('hooks.example.com', '93.184.215.14', NOTHING)).toBe(true);
  for (const address of [
    '127.0.0.1',
    '::1',
    '::ffff:10.0.0.1',
    'fe80::1%eth0',
    '2001:db8::1',
    '::93.184.215.14',
    '2606:2800::1%eth0',
    '',
  ])
    expect(mayConnect('hooks.example.com', address, NOTHING), address).toBe(false);
});

test('what is neither a host nor an address is told', () => {
  expect(parseAllowance('10.0.0.0/33,127.1,1.2.3,*.lan,a b,::1/129,x..y,ok.lan').wrong).toEqual([
    '10.0.0.0/33',
    '127.1',
    '1.2.3',
    '*.lan',
    'a b',
    '::1/129',
    'x..y',
  ]);
});

test('addresses are read in every notation, and nothing else is', () => {
  expect(parseAddress('1:2:3:4:5:6:7:8')).toHaveLength(16);
  expect(parseAddress('::ffff:1.2.3.4')).toEqual([1, 2, 3, 4]);
  expect(parseAddress('::1.2.3.4')).toEqual([...Array(12).fill(0), 1, 2, 3, 4]);
  for (const wrong of [
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    ':1',
    '::ffff:010.0.0.1',
    '::1]:80/[::1',
    '1.2.3.4\n',
  ])
    expect(parseAddress(wrong), wrong).toBeNull();
  expect(isSpecial([8, 8, 8, 8])).toBe(false);
});

test('retries come after 5 s, 5 min, ... 24 h, and end', () => {
  expect([1, 2, 9, 10].map(webhookRetryAfter)).toEqual([5, 300, 86_400, null]);
});
