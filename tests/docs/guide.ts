// A guide as a program: its sh and js blocks in order, each with what the text block after it says that it prints.
// Must never run a block that is marked as shown only (console, json).
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GUIDES = join(ROOT, 'docs/guides');
/** Programs of the guides import packages by name, so they run inside the repository. */
const PLACE = join(ROOT, 'node_modules/.cache/parley-guides');
const LIMIT_MS = 60_000;

export interface Block {
  line: number;
  language: 'sh' | 'js';
  code: string;
  /** What it prints, where the guide says so; `…` stands for anything. */
  prints?: string;
}

export function blocksOf(guide: string): Block[] {
  const text = readFileSync(join(GUIDES, guide), 'utf8');
  const blocks: Block[] = [];
  for (const { 1: language, 2: code, index } of text.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
    const line = text.slice(0, index).split('\n').length;
    const last = blocks.at(-1);
    if (language === 'sh' || language === 'js') blocks.push({ line, language, code: code as string });
    else if (language === 'text' && last !== undefined) last.prints = code as string;
  }
  return blocks;
}

/** What each block printed, both outputs together. @throws Error naming the block that failed, with what was said */
export async function runGuide(blocks: readonly Block[], url: string): Promise<string[]> {
  mkdirSync(PLACE, { recursive: true });
  const folder = mkdtempSync(join(PLACE, 'run-'));
  const mark = 'end of block';
  const script = blocks.flatMap(({ language, code }, i) => {
    const own = code.replaceAll('http://127.0.0.1:4000', url);
    if (language === 'js') writeFileSync(join(folder, `${i}.mjs`), own);
    return [language === 'js' ? `node ${i}.mjs` : own, `echo '${mark} ${i}'`];
  });
  try {
    const { output, failed } = await run(folder, ['set -euo pipefail', ...script].join('\n'));
    const parts = output.split(new RegExp(`^${mark} \\d+\\n`, 'm'));
    const broken = blocks[parts.length - 1];
    if (failed) throw new Error(`The block at line ${broken?.line} failed:\n${parts.at(-1)}`);
    return parts.slice(0, blocks.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(cwd: string, script: string): Promise<{ output: string; failed: boolean }> {
  const path = [join(process.execPath, '..'), process.env.PATH].join(':');
  const options = { cwd, timeout: LIMIT_MS, env: { PATH: path, HOME: process.env.HOME, LC_ALL: 'C.UTF-8' } };
  return new Promise((resolve) => {
    execFile('bash', ['-c', `exec 2>&1\n${script}`], options, (error, stdout) =>
      resolve({ output: stdout, failed: error !== null }),
    );
  });
}

/** @returns undefined when `said` is what the guide promises, else both for a reader */
export function differs(said: string, promised: string): string | undefined {
  const pattern = promised
    .trimEnd()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*');
  if (new RegExp(`^${pattern}$`).test(said.trimEnd())) return undefined;
  return `The guide says:\n${promised}\nit printed:\n${said}`;
}
