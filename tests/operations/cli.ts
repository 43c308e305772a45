// Runs `node src/cli.ts …` as its own process, as an operator would, with a small environment.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 60_000;

export interface Answer {
  code: number;
  out: string;
  err: string;
}

export function parley(args: string[], env: Record<string, string> = {}): Promise<Answer> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { PATH, HOME, ...env }, timeout: LIMIT_MS };
    execFile(process.execPath, ['src/cli.ts', ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** Fails with everything that was said. */
export async function parleyOk(args: string[], env: Record<string, string> = {}): Promise<string> {
  const { code, out, err } = await parley(args, env);
  if (code !== 0) throw new Error(`parley ${args.join(' ')} ended with ${code}:\n${out}\n${err}`);
  return out.trim();
}
