import { expect, test } from 'vitest';
import { foreignFileSystem, mountWithin, parseMounts } from '../../../worker/host/mounts.ts';

const MOUNTS = parseMounts(
  [
    '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '60 27 0:40 / /mnt/c rw,noatime shared:1 master:2 - 9p C:\\134 rw,aname=drvfs',
    '61 27 0:41 / /mnt/the\\040share rw - nfs4 server:/export rw',
    '62 27 0:42 / /srv/data rw - nfs server:/data rw',
    '63 62 254:1 / /srv/data/local rw - ext4 /dev/vdb rw',
    '64 27 0:43 / /srv/over rw - nfs server:/x rw',
    '65 64 0:44 / /srv/over rw - tmpfs tmpfs rw',
    '',
  ].join('\n'),
);

test('a mount has its point, its file system and its source, without escapes', () => {
  expect(MOUNTS[1]).toEqual({ point: '/mnt/c', fileSystem: '9p', source: 'C:\\' });
  expect(MOUNTS[2]).toEqual({ point: '/mnt/the share', fileSystem: 'nfs4', source: 'server:/export' });
});

test.each([
  ['/home/me/.litecoin/regtest', null],
  ['/mnt/c/Users/me/regtest', '9p'],
  ['/mnt/coins/regtest', null],
  ['/mnt/the share/regtest', 'nfs4'],
  ['/srv/data', 'nfs'],
  ['/srv/data/regtest', 'nfs'],
  ['/srv/data/local/regtest', null],
  ['/srv/over/regtest', null],
])('the file system of %s is of another machine: %s', (path, type) => {
  expect(foreignFileSystem(path, MOUNTS)).toBe(type);
});

test.each([
  ['/srv/data/local', '/srv/data/local'],
  ['/srv/data', '/srv/data'],
  ['/mnt', '/mnt/c'],
  ['/srv/data/local/regtest', null],
  ['/mnt/cc', null],
])('the mount point at or below %s is %s', (path, point) => {
  expect(mountWithin(path, MOUNTS)).toBe(point);
});
