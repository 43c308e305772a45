// The server's process: environment → configuration → app → start; signals → drain → stop.
// Must say in plain words why it cannot start, and what to do next.
import { createApp } from './app.ts';
import { systemClock } from './core/clock.ts';
import { ConfigError, describeConfig, loadConfig } from './core/config.ts';
import { DataDirLockedError } from './core/data-dir.ts';

const fail = (error: unknown): never => {
  const known = error instanceof ConfigError || error instanceof DataDirLockedError;
  const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  process.stderr.write(
    known
      ? `\n${(error as Error).message}\n\n`
      : inUse
        ? `\nThe address is in use: ${(error as Error).message}. Set PORT to a free port, or stop the other server.\n\n`
        : `\nParley could not start: ${(error as Error).stack ?? String(error)}\n\n`,
  );
  process.exit(1);
};

/** A second signal after this long means: do not wait. */
const SAME_SIGNAL_MS = 1000;

const isTerminal = process.stdout.isTTY === true;

async function main(): Promise<void> {
  const config = loadConfig(process.env, isTerminal);
  const started = systemClock.elapsed();
  const app = await createApp(config);
  const { logger } = app.parts;
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'an error was not handled'));
  process.on('uncaughtException', (error) => logger.error({ err: error }, 'an error was not caught'));

  let stoppingSince: number | undefined;
  const stop = (signal: string) => {
    if (stoppingSince !== undefined) {
      // One Ctrl-C reaches a process twice: from the terminal and from npm.
      if (systemClock.elapsed() - stoppingSince < SAME_SIGNAL_MS) return;
      logger.warn({ signal }, 'stopping at once');
      process.exit(1);
    }
    stoppingSince = systemClock.elapsed();
    logger.info({ signal }, 'draining');
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));

  logger.debug(describeConfig(config), 'configuration');
  const url = await app.start();
  const ms = Math.round(systemClock.elapsed() - started);
  logger.info({ url, database: app.parts.database.kind, ms }, 'ready');
  const provider =
    config.ANTHROPIC_API_KEY ??
    config.OPENAI_API_KEY ??
    config.ANTHROPIC_BASE_URL ??
    config.OPENAI_BASE_URL ??
    config.CLOUDFLARE_API_TOKEN;
  process.stdout.write(
    [
      '',
      `  Parley is ready at ${url}   (${(ms / 1000).toFixed(1)} s, ${app.parts.database.kind === 'pglite' ? `embedded database in ${config.DATA_DIR}` : 'Postgres'})`,
      '',
      `  Open it in a browser, sign in with any name, and write to @parley.`,
      `  API reference: ${url}/api/docs`,
      ...(provider === undefined
        ? [
            '  No model key is set: agents answer with the built-in scripted provider. Set ANTHROPIC_API_KEY or OPENAI_API_KEY to change that.',
          ]
        : []),
      '',
      '',
    ].join('\n'),
  );
}

main().catch(fail);
