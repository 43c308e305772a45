// Structured logs on stdout. Must never hold message text, tokens or secrets.
import pino from 'pino';

export type Logger = pino.Logger;

export interface LogOptions {
  level: string;
  format: 'json' | 'pretty';
}

/** Keys that are cut from every line, wherever a caller puts them. */
const SECRET_KEYS = ['token', 'authorization', 'password', 'secret', 'apiKey', 'body', 'text', 'prompt'];

export function createLogger(options: LogOptions): Logger {
  const redact = { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '***' };
  if (options.format === 'json') return pino({ level: options.level, redact, base: { pid: process.pid } });
  return pino({
    level: options.level,
    redact,
    base: null,
    transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' } },
  });
}
