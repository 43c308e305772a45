// A server of the replay's own: a child process on a temporary folder and a free port, gone when the replay is.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../tests/support/server-process.ts';

export async function startOwnServer(): Promise<{ url: string; said(): string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-replay-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const server = await startServer({
      env: { DATA_DIR: folder, RATE_LIMIT_FACTOR: '100', LOG_LEVEL: 'warn', DRAIN_WINDOW_MS: '0' },
    });
    return {
      url: server.url,
      said: server.output,
      async stop() {
        await server.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
