import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestApi } from '../support/api.ts';
import { bodies, type Family, mapped } from './attack.ts';

/** Folders and pipelines that a request may not name. */
export const places: Family = ({ api, good }) => {
  const { root, lab } = api;
  const folders = {
    relative: 'lab',
    dot: './lab',
    'dots at the start': '../lab',
    'the root of everything': '/',
    'another folder': '/etc',
    'a file': '/etc/passwd',
    'the home of root': '/root',
    'a root that begins like it': `${root}-evil`,
    'above the root': join(root, '..'),
    'dots inside': `${root}/lab/../../etc`,
    'a dot inside': `${root}/./lab`,
    'dots at the end': `${lab}/..`,
    'two slashes': `${root}//lab`,
    'two slashes before it': `/${lab}`,
    'a slash at the end': `${lab}/`,
    'a home': '~/lab',
    'the home': '~',
    'the home of another': '~root/lab',
    'a home inside': `${root}/~/lab`,
    'the variable': '$HOME',
    'a variable': '$HOME/lab',
    'a variable in braces': '$' + '{HOME}/lab',
    'a variable inside': join(root, '$HOME'),
    'a command': `${lab}/$(id)`,
    'our own root': `/proc/self/root${lab}`,
    'the root of the first': `/proc/1/root${lab}`,
    'our own folder': '/proc/self/cwd',
    'a device': '/dev/fd/0',
    NUL: `${lab}\u0000`,
    'NUL before the end': `${lab}\u0000/../../etc`,
    'a line break': `${lab}\n`,
    'a carriage return': `${lab}\r`,
    'an escape sequence': `${lab}\u001b[2J`,
    'a control character of Unicode': `${lab}\u0085`,
    'half a surrogate': `${lab}\ud800`,
    windows: 'C:\\lab',
    share: '\\\\host\\lab',
    url: `file://${lab}`,
    'a symbolic link': join(lab, 'link'),
    'below a symbolic link': join(lab, 'link', 'not', 'there'),
    'a symbolic link to everything': join(lab, 'everything', 'etc'),
    'a symbolic link to itself': join(lab, 'loop', 'x'),
  };
  const pipelines = [
    '../../x',
    '../pipelines/full-mining-cycle',
    '/etc/passwd',
    'x;reboot',
    '$(reboot)',
    '--help',
    '-rf',
    '__proto__',
    'constructor',
    'toString',
    'mining-infrastructure-setup.json',
    'MINING-INFRASTRUCTURE-SETUP',
    'mining-infrastructure-setup ',
    '*',
    '.',
    "' or 1=1 --",
  ];
  return [
    ...bodies(
      '422 working-directory-not-allowed',
      'POST /v1/runs',
      mapped(folders, (workingDirectory) => ({ ...good, workingDirectory })),
    ),
    ...bodies(
      '404 unknown-pipeline',
      'POST /v1/runs',
      Object.fromEntries(pipelines.map((pipelineName) => [pipelineName, { ...good, pipelineName }])),
    ),
    ...bodies('422 unknown-host', 'POST /v1/runs', {
      'a host that is none': { ...good, host: 'rig-9' },
      'an address': { ...good, host: '169.254.169.254' },
    }),
    ...bodies('422 environment-not-found', 'POST /v1/runs', {
      'a folder of nobody': { ...good, workingDirectory: join(root, 'other') },
    }),
  ];
};

/** Links that lead out of the lab, and round in circles. */
export async function layLinks({ lab }: TestApi): Promise<void> {
  await mkdir(join(lab, 'real'), { recursive: true });
  await symlink(join(lab, 'real'), join(lab, 'link'));
  await symlink('/', join(lab, 'everything'));
  await symlink(join(lab, 'loop'), join(lab, 'loop'));
}
