// Structured logs on stdout. Must never hold message text, tokens or secrets.
import pino from 'pino';

export type Logger = pino.Logger;

export interface LogOptions {
  level: string;
  format: 'json' | 'pretty';
}

/** Keys that are cut from every line, wherever a caller puts them. */
const SECRET_KEYS = ['token', 'authorization', 'password', 'secret', 'apiKey', 'body', 'text', 'prompt'];

/** Database drivers hang the statement's values, which are people's words, on the errors they throw. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name: type, message, stack, code, cause } = error as Error & { code?: unknown };
  return {
    type,
    message,
    stack,
    ...(code === undefined ? {} : { code }),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
  };
}

export function createLogger(options: LogOptions): Logger {
  const redact = { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: '***' };
  const serializers = { err: describeError };
  if (options.format === 'json')
    return pino({ level: options.level, redact, serializers, base: { pid: process.pid } });
  return pino({
    level: options.level,
    redact,
    serializers,
    base: null,
    transport: { target: 'pino-pretty', options: { translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname' } },
  });
}
