// The examples of the client's README, as they stand there: written to files, type-checked against the packed types, run.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../support/until.ts';
import { LIMIT_MS, ROOT } from './installed.ts';

const SERVER = 'http://127.0.0.1:4000';

export interface Example {
  /** Its heading, with a number where there are several. */
  name: string;
  language: string;
  code: string;
}

export function readExamples(): Example[] {
  const readme = readFileSync(join(ROOT, 'client-sdk/README.md'), 'utf8');
  const seen = new Map<string, number>();
  return readme.split(/^#+ /m).flatMap((section) => {
    const heading = section.split('\n', 1)[0] as string;
    return [...section.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = '', code = '']) => {
      const count = (seen.get(heading) ?? 0) + 1;
      seen.set(heading, count);
      return { name: count === 1 ? heading : `${heading} ${count}`, language, code };
    });
  });
}

const fileOf = ({ name, language }: Example): string =>
  `example-${name.toLowerCase().replaceAll(/\W+/g, '-')}.${language}`;

/** Writes an example for a server at `url`. @returns its file */
export function writeExample(project: string, example: Example, url: string): string {
  const file = join(project, fileOf(example));
  writeFileSync(file, example.code.replaceAll(SERVER, url));
  return file;
}

/** @returns what the type checker has to say of all of them; empty is good */
export async function checkTypes(project: string, files: readonly string[]): Promise<string> {
  const config = join(project, 'tsconfig.json');
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'dom'],
    module: 'esnext',
    moduleResolution: 'bundler',
    moduleDetection: 'force',
    jsx: 'react-jsx',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) throw new Error('TypeScript is not installed: run npm ci.');
  return promisify(execFile)(process.execPath, [tsc, '-p', config], { timeout: LIMIT_MS }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
}

/** Runs a program until it has said `words` or ended, then interrupts it. @returns all that it said */
export async function runProgram(
  file: string,
  words: RegExp,
  env: Record<string, string> = {},
  then: (output: () => string) => Promise<void> = async () => {},
): Promise<string> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  try {
    await until(`the example says ${words}`, () => words.test(output) || child.exitCode !== null);
    await then(() => output);
    child.kill('SIGINT');
    await ended;
    return output;
  } finally {
    child.kill('SIGKILL');
  }
}
