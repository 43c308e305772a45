// The client built, packed, and unpacked into the project of somebody who installed it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const DIST = join(ROOT, 'client-sdk/dist');
export const LIMIT_MS = 120_000;
const BESIDE = ['socket.io-client', 'react', 'react-dom', '@types'];

/** @returns the tarball */
export function installPacked(project: string): Uint8Array {
  execFileSync(process.execPath, [join(ROOT, 'client-sdk/build/package.ts')], {
    cwd: ROOT,
    stdio: 'pipe',
    timeout: LIMIT_MS,
  });
  const tarball = join(DIST, readdirSync(DIST).find((file) => file.endsWith('.tgz')) as string);
  const installed = join(project, 'node_modules/@parley/client');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
  execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  for (const name of BESIDE)
    symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  return new Uint8Array(readFileSync(tarball));
}
