import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { completionsFor } from '../../cli/completion/words.ts';
import { buildProgram } from '../../cli/program.ts';
import { ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';

const BIN = fileURLToPath(new URL('../../bin/davy.js', import.meta.url));
const SHELL_TIMEOUT_MS = 60_000;

const names = (...words: string[]) => completionsFor(buildProgram(), words).names.map(({ name }) => name);
const asked = (...words: string[]) => completionsFor(buildProgram(), words).asked;

test('every command and option of the program can be completed, hidden ones aside', () => {
  expect(names('')).toEqual(expect.arrayContaining(['up', 'run', 'doctor', 'keys', 'completion', 'help']));
  expect(names('')).not.toContain('complete');
  expect(names('api', '--')).toEqual(['--help']);
  expect(names('keys', '')).toEqual(expect.arrayContaining(['create', 'list', 'revoke']));
  expect(names('runs', '--')).toEqual(['--status', '--limit', '--json', '--help']);
});

test('values come from the choices of an option, and names from the API', () => {
  expect(names('reset', 'lab', '--type', '')).toEqual(['soft', 'data', 'full', 'config']);
  expect(names('runs', '--status', 'failed', '')).toContain('escalated');
  expect(names('runs', '--status', 'failed', '--')).toContain('--limit');
  expect(asked('status', '')).toEqual({ command: 'status', place: 'id' });
  expect(asked('run', '--follow', '')).toEqual({ command: 'run', place: 'pipeline' });
  expect(asked('run', 'x', '--host', '')).toEqual({ command: 'run', place: '--host' });
  expect(asked('keys', 'revoke', '')).toEqual({ command: 'keys revoke', place: 'id' });
  expect(asked('status', 'an-id', '')).toBeNull();
});

test('without an API there are no names, and no words about it', async () => {
  const variables = { DAVY_DATA_DIR: await temporaryDirectory() };
  expect(await ran(['complete', '--', 'status', ''], variables)).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('a shell that there is no script for is refused', async () => {
  expect(await ran(['completion', 'csh'])).toMatchObject({ code: 3, stdout: '' });
});

const inShell = (shell: string, args: string[], script: string) =>
  spawnSync(shell, [...args, script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE: process.execPath, BIN },
  });

test('bash completes, and evaluates nothing of what stands there', {
  timeout: SHELL_TIMEOUT_MS,
}, async () => {
  const place = await temporaryDirectory();
  const script = `
    davy() { "$NODE" "$BIN" "$@"; }
    source <(davy completion bash) && source <(davy completion bash)
    ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _davy; printf '%s\\n' "\${COMPREPLY[@]}"; }
    ask davy re
    ask davy reset lab --type s
    ask davy run '$(touch "${place}/evaluated")'
    [ ! -e "${place}/evaluated" ] && complete -p davy`;
  const { stdout, stderr } = inShell('bash', ['--norc', '-c'], script);
  expect({ stdout, stderr }).toEqual({
    stdout: 'reset\nreport\nresume\nretry-now\nsoft\n\ncomplete -o default -F _davy davy\n',
    stderr: '',
  });
});

const noZsh = spawnSync('zsh', ['--version']).error !== undefined;

test.skipIf(noZsh)('zsh completes, with what each word does', { timeout: SHELL_TIMEOUT_MS }, () => {
  const script = `
    davy() { "$NODE" "$BIN" "$@"; }
    compdef() { :; }
    _describe() { print -l -- "\${(@)\${(P)\${@[-1]}}}"; }
    _files() { print files; }
    source <(davy completion zsh)
    words=(davy can); CURRENT=2; _davy
    words=(davy run --dir ''); CURRENT=4; _davy`;
  const { stdout, stderr } = inShell('zsh', ['-f', '-c'], script);
  expect({ stdout, stderr }).toEqual({
    stdout: 'cancel:end a run; what it started is left as it is\nfiles\n',
    stderr: '',
  });
});
