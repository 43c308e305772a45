// The replay from its command line: a small log through a server of its own, and what it says when there is nothing to do.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../scripts/replay.ts', import.meta.url));

function replay(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

function folderWith(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

test('a log is replayed and proved', async () => {
  const nicks = ['|trey|', 'Matt|', 'rnike', 'mike', 'root', 'O0O', '^_^'];
  const lines = Array.from({ length: 120 }, (_, i) => {
    const minute = String(Math.floor(i / 30)).padStart(2, '0');
    return `[23:5${minute.at(-1)}] <${nicks[(i * 5) % nicks.length]}> line ${i}, with  two spaces and a <tag> & "quotes" \\`;
  });
  const folder = folderWith({
    '2004-11-15_03.ascii.txt': `${lines.join('\n')}\n=== rnike [~r@host] has left #ubuntu []\n`,
    '2005-01-01_01.ascii.txt': Buffer.from('[10:00] <jos\u00e9> caf\u00e9 na\u00efve\n', 'latin1'),
    'notes.txt': 'not a log',
  });
  const { code, out, err } = await replay(folder, '--speed', 'max');
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^messages +121$/m);
  expect(out).toMatch(/^clients +8 connections/m);
  expect(out).toMatch(/^agent +[1-9]\d* answers/m);
  expect(out).toContain('PROVED');
}, 60_000);

test.each([
  ['a missing folder', ['/no/such/folder'], /no folder \/no\/such\/folder/],
  ['no folder', [], /npm run replay -- <folder>/],
  ['an unknown option', ['/tmp', '--sped', '3'], /--sped/],
  ['a speed that is none', ['/tmp', '--speed', 'fast'], /--speed: give a number/],
])('%s ends with 2 and says what to do', async (_what, args, words) => {
  const { code, err } = await replay(...(args as string[]));
  expect(code).toBe(2);
  expect(err).toMatch(words as RegExp);
  expect(err).not.toMatch(/\n\s+at /);
});

test('a folder without logs ends with 2', async () => {
  const folder = folderWith({ 'readme.txt': 'x' });
  expect(await replay(folder)).toMatchObject({
    code: 2,
    err: expect.stringContaining('holds no *.ascii.txt'),
  });
  const one = folderWith({ 'a.ascii.txt': '[10:00] <a> b\n' });
  expect(await replay(one, '--days', 'zzz')).toMatchObject({ code: 2, err: expect.stringContaining('zzz') });
});
