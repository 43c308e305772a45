// The only reader of the environment. Every problem is listed at once; secrets never print.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createAddressPolicy } from './addresses.ts';
import { FAILPOINT_NAMES, isFailpoint } from './failpoints.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: string[];
  constructor(problems: string[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const text = z.string().min(1);
const flag = z.enum(['true', 'false', '1', '0']).transform((v) => v === 'true' || v === '1');
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z.string().transform((v) =>
  v
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== ''),
);
/** A program that speaks MCP over its standard streams. Started without a shell; beside `env` it gets PATH, HOME and the like. */
const McpProgram = z.strictObject({
  command: text,
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: text.optional(),
  /** Whose agents may use it. */
  for: z.enum(['administrators', 'everyone']).default('administrators'),
});
export type McpProgram = z.infer<typeof McpProgram>;
const McpPrograms = z
  .strictObject({ mcpServers: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,19}$/), McpProgram) })
  .transform(({ mcpServers }) => mcpServers);
const mcpPrograms = z.string().transform((json, context) => {
  const parsed = McpPrograms.safeParse(jsonOrUndefined(json));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' };
  context.addIssue(`is not {"mcpServers": {"<name>": {"command": …}}}: ${path.join('.')} ${message}`.trim());
  return z.NEVER;
});
const modelOf = z
  .string()
  .regex(/^(anthropic|openai|cloudflare):\S+$/, 'is a provider and a model, such as openai:gpt-5-nano');
const httpUrl = z.url({ protocol: /^https?$/ });

/** Every variable that is read, with its check. `docs/operations.md` explains them. */
const VARIABLES = {
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  PORT: whole(0, 65535).default(4000),
  HOST: text.default('127.0.0.1'),
  DATA_DIR: text.default('./data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: whole(2, 200).default(10),
  UPLOAD_MAX_BYTES: whole(1, 5 * 1024 ** 3).default(25 * 1024 ** 2),
  UPLOAD_USER_BYTES: whole(1, Number.MAX_SAFE_INTEGER).default(5 * 1024 ** 3),
  S3_ENDPOINT: httpUrl.optional(),
  S3_BUCKET: text.optional(),
  S3_REGION: text.default('us-east-1'),
  S3_ACCESS_KEY_ID: text.optional(),
  S3_SECRET_ACCESS_KEY: text.optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  PUBLIC_URL: httpUrl.optional(),
  CORS_ORIGINS: list.default([]),
  TRUST_PROXY: flag.default(false),
  SECRET_KEY: text.min(32, 'must have at least 32 characters').optional(),
  AUTH_LOCAL: flag.optional(),
  CLERK_SECRET_KEY: text.optional(),
  CLERK_JWT_KEY: text.optional(),
  CLERK_AUTHORIZED_PARTIES: list.default([]),
  CLERK_WEBHOOK_SIGNING_SECRET: text.optional(),
  ANTHROPIC_API_KEY: text.optional(),
  ANTHROPIC_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: text.optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  CLOUDFLARE_ACCOUNT_ID: text.optional(),
  CLOUDFLARE_API_TOKEN: text.optional(),
  CLOUDFLARE_BASE_URL: httpUrl.optional(),
  EMBEDDING_PROVIDER: z.enum(['local', 'openai']).default('local'),
  EMBEDDING_MODEL: text.optional(),
  EMBEDDING_DIMENSIONS: whole(64, 2000).default(512),
  MODERATION_PROVIDER: z.enum(['off', 'openai']).default('off'),
  MODERATION_MODEL: text.default('omni-moderation-latest'),
  MODERATION_BASE_URL: httpUrl.optional(),
  MODERATION_API_KEY: text.optional(),
  MODERATION_TIMEOUT_MS: whole(100, 30_000).default(2000),
  /** What becomes of a text that nobody could judge: shown, or not. */
  MODERATION_WHEN_DOWN: z.enum(['open', 'closed']).default('closed'),
  AGENT_MAX_CONCURRENT: whole(1, 1000).default(10),
  AGENT_BACKGROUND_CONCURRENT: whole(1, 1000).default(3),
  AGENT_TIMEOUT_MS: whole(1000, 3_600_000).default(120_000),
  AGENT_BACKGROUND_TIMEOUT_MS: whole(1000, 86_400_000).default(900_000),
  AGENT_MAX_RETRIES: whole(0, 10).default(3),
  AGENT_DEFAULT_MODEL: text.optional(),
  AGENT_SIMPLE_MODEL: modelOf.optional(),
  AGENT_FALLBACK_MODEL: modelOf.optional(),
  AGENT_BACKGROUND_MODEL: modelOf.optional(),
  AGENT_PROACTIVE_SCAN_SECONDS: whole(1, 3600).default(60),
  AGENT_IDLE_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  WORKER_CONCURRENCY: whole(1, 100).default(5),
  AGENT_FEED_SCANNER_ENABLED: flag.default(true),
  LINK_PREVIEWS: flag.default(true),
  OUTGOING_ALLOW_HOSTS: list.default([]),
  WEB_SEARCH_PROVIDER: z.enum(['brave', 'tavily', 'searxng']).optional(),
  WEB_SEARCH_URL: httpUrl.optional(),
  WEB_SEARCH_API_KEY: text.optional(),
  TRANSLATE_URL: httpUrl.optional(),
  TRANSLATE_API_KEY: text.optional(),
  IMAGE_BASE_URL: httpUrl.optional(),
  IMAGE_API_KEY: text.optional(),
  IMAGE_MODEL: text.default('gpt-image-1'),
  MCP_SERVERS: mcpPrograms.default({}),
  /** Multiplies every rate limit; for benchmarks and trusted networks. */
  RATE_LIMIT_FACTOR: z.coerce.number().min(0.01).max(10_000).default(1),
  DRAIN_WINDOW_MS: whole(0, 60_000).default(2000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).optional(),
  METRICS_TOKEN: text.min(16, 'must have at least 16 characters').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  /** Places at which the process kills itself, for tests of crashes; only with NODE_ENV=test. */
  FAILPOINTS: list.default([]),
} as const;

/** Names of all variables; .env.example has the same. */
export const VARIABLE_NAMES = Object.keys(VARIABLES);

type Variables = { [K in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[K]> };

export interface Config extends Omit<Variables, 'AUTH_LOCAL' | 'LOG_FORMAT'> {
  AUTH_LOCAL: boolean;
  LOG_FORMAT: 'json' | 'pretty';
  version: string;
}

const WEAK_SECRETS = /^(change-?me|secret|password|default|test|x+|0+|1+)/i;
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Reads, checks and completes the configuration. `NAME_FILE` names a file that holds NAME's value.
 * @throws ConfigError listing every problem at once
 */
export function loadConfig(env: Record<string, string | undefined>, isTerminal = false): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(env)) {
    if (key.startsWith('PARLEY_'))
      problems.push(`${key} is not a variable Parley knows; see .env.example for the list.`);
  }
  for (const [name, schema] of Object.entries(VARIABLES)) {
    const raw = readRaw(env, name, problems);
    const parsed = schema.safeParse(raw === '' ? undefined : raw);
    if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is malformed'} (see .env.example).`);
  }
  const config = values as unknown as Variables;
  if (problems.length === 0) problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  const local = config.AUTH_LOCAL ?? (!hasClerk(config) && LOOPBACK.has(config.HOST));
  return {
    ...config,
    AUTH_LOCAL: local,
    LOG_FORMAT: config.LOG_FORMAT ?? (isTerminal ? 'pretty' : 'json'),
    version: VERSION,
  };
}

const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

function jsonOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function readRaw(
  env: Record<string, string | undefined>,
  name: string,
  problems: string[],
): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return env[name];
  if (env[name] !== undefined && env[name] !== '')
    problems.push(`${name} and ${name}_FILE are both set; keep one.`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    problems.push(
      `${name}_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}); check the path and its permissions.`,
    );
    return undefined;
  }
}

const hasClerk = ({ CLERK_SECRET_KEY, CLERK_JWT_KEY }: Variables): boolean =>
  CLERK_SECRET_KEY !== undefined || CLERK_JWT_KEY !== undefined;

function contradictions(config: Variables): string[] {
  const problems: string[] = [];
  if (config.REDIS_URL !== undefined && config.DATABASE_URL === undefined)
    problems.push('REDIS_URL joins this node to a cluster, which needs DATABASE_URL as well.');
  if (config.DATABASE_URL !== undefined && config.SECRET_KEY === undefined)
    problems.push(
      'SECRET_KEY is required with DATABASE_URL, the same on every node; make one with: openssl rand -base64 32',
    );
  if (config.SECRET_KEY !== undefined && WEAK_SECRETS.test(config.SECRET_KEY))
    problems.push('SECRET_KEY looks like a default; make one with: openssl rand -base64 32');
  if (config.AUTH_LOCAL === undefined && !hasClerk(config) && !LOOPBACK.has(config.HOST))
    problems.push(
      `HOST=${config.HOST} is not loopback and no sign-in is configured: set CLERK_JWT_KEY, or AUTH_LOCAL=true if everyone who can reach it may sign in under any name.`,
    );
  if (config.CLERK_JWT_KEY !== undefined && !/^-----BEGIN PUBLIC KEY-----/.test(config.CLERK_JWT_KEY))
    problems.push(
      'CLERK_JWT_KEY is not a PEM public key; copy it from the API keys page of the Clerk dashboard.',
    );
  if (config.WEB_SEARCH_PROVIDER === 'searxng' && config.WEB_SEARCH_URL === undefined)
    problems.push('WEB_SEARCH_PROVIDER=searxng needs WEB_SEARCH_URL, the address of the SearXNG server.');
  if (
    (config.WEB_SEARCH_PROVIDER === 'brave' || config.WEB_SEARCH_PROVIDER === 'tavily') &&
    config.WEB_SEARCH_API_KEY === undefined
  )
    problems.push(`WEB_SEARCH_PROVIDER=${config.WEB_SEARCH_PROVIDER} needs WEB_SEARCH_API_KEY.`);
  const s3 = [config.S3_ENDPOINT, config.S3_BUCKET, config.S3_ACCESS_KEY_ID, config.S3_SECRET_ACCESS_KEY];
  if (s3.some((value) => value !== undefined) && s3.includes(undefined))
    problems.push(
      'S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together; set all four.',
    );
  const { MODERATION_API_KEY, MODERATION_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL } = config;
  if (
    config.MODERATION_PROVIDER === 'openai' &&
    [MODERATION_API_KEY, MODERATION_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL].every((v) => v === undefined)
  )
    problems.push(
      'MODERATION_PROVIDER=openai needs OPENAI_API_KEY or MODERATION_API_KEY, or the address of a server of your own in MODERATION_BASE_URL.',
    );
  if (config.FAILPOINTS.length > 0 && config.NODE_ENV !== 'test')
    problems.push('FAILPOINTS kills the process on purpose and needs NODE_ENV=test; unset it.');
  for (const name of config.FAILPOINTS) {
    if (!isFailpoint(name)) problems.push(`FAILPOINTS has "${name}", which is none of: ${FAILPOINT_NAMES}.`);
  }
  try {
    createAddressPolicy(config.OUTGOING_ALLOW_HOSTS);
  } catch (error) {
    problems.push(`OUTGOING_ALLOW_HOSTS: ${(error as Error).message}`);
  }
  for (const origin of config.CORS_ORIGINS) {
    if (!URL.canParse(origin))
      problems.push(`CORS_ORIGINS has "${origin}", which is not an origin such as https://chat.example.com.`);
  }
  return problems;
}

/** The configuration as it may be logged. */
export function describeConfig(config: Config): Record<string, unknown> {
  const secret = /KEY|TOKEN|SECRET|URL$|^MCP_SERVERS$/;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, secret.test(key) && key !== 'PUBLIC_URL' ? '***' : value]),
  );
}
