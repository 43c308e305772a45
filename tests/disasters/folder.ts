// Folders and ports of real server processes in tests; removed and stopped when the test ends, however it ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ServerProcess, startServer } from '../support/server-process.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-disaster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}

export async function startOn(
  dataDir: string,
  port: number,
  env: Record<string, string> = {},
  entry?: string,
): Promise<ServerProcess> {
  const server = await startServer({
    env: { DATA_DIR: dataDir, PORT: String(port), RATE_LIMIT_FACTOR: '100', ...env },
    ...(entry === undefined ? {} : { entry }),
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.whenEnded;
  });
  return server;
}
