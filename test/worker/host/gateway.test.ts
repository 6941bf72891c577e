import { expect, test } from 'vitest';
import { gatewayIn, namesWindows } from '../../../worker/host/gateway.ts';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';

test('the default gateway is the one with the lowest metric', () => {
  const table = `${HEAD}eth1\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t01B01BAC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t00B01BAC\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0\n`;
  expect(gatewayIn(table)).toBe('172.27.176.1');
});

test.each([
  ['no routes', HEAD],
  ['no table', ''],
  [
    'a default route without a gateway',
    `${HEAD}ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n`,
  ],
  ['half of all addresses', `${HEAD}tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0\n`],
  ['a route that is down', `${HEAD}eth0\t00000000\t0100080A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n`],
])('%s: there is none', (_, table) => {
  expect(gatewayIn(table)).toBeNull();
});

test('WSL says so in the release of its kernel', () => {
  expect(namesWindows('5.15.167.4-microsoft-standard-WSL2')).toBe(true);
  expect(namesWindows('4.4.0-19041-Microsoft')).toBe(true);
  expect(namesWindows('6.12.43+deb13-amd64')).toBe(false);
});
