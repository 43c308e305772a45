// The environment: every problem is named at once, nothing unknown passes, no secret is printed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, describeConfig, loadConfig } from '../../src/core/config.ts';

function problemsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
const SECRET = 'k'.repeat(40);

test('nothing at all is a configuration: this machine only, sign-in by name', () => {
  expect(loadConfig({})).toMatchObject({
    PORT: 4000,
    HOST: '127.0.0.1',
    AUTH_LOCAL: true,
    LOG_FORMAT: 'json',
    EMBEDDING_PROVIDER: 'local',
  });
  expect(loadConfig({}, true).LOG_FORMAT).toBe('pretty');
});

test('every problem is listed, by the name of its variable', () => {
  const problems = problemsOf({
    PORT: 'eighty',
    LOG_LEVEL: 'loud',
    PUBLIC_URL: 'ftp://example.com',
    AGENT_TIMEOUT_MS: '-1',
    SECRET_KEY: 'short',
    AUTH_LOCAL: 'perhaps',
    PARLEY_PROT: '4000',
  });
  for (const name of [
    'PORT',
    'LOG_LEVEL',
    'PUBLIC_URL',
    'AGENT_TIMEOUT_MS',
    'SECRET_KEY',
    'AUTH_LOCAL',
    'PARLEY_PROT',
  ])
    expect(
      problems.filter((p) => p.startsWith(name)),
      name,
    ).toHaveLength(1);
  expect(problems).toHaveLength(7);
  expect(new ConfigError(problems).message).toContain('7 problems');
});

test.each([
  ['PORT', '65536'],
  ['PORT', '1.5'],
  ['PORT', '-1'],
  ['DATABASE_URL', 'mysql://x/y'],
  ['REDIS_URL', 'http://x'],
  ['EMBEDDING_PROVIDER', 'magic'],
  ['RATE_LIMIT_FACTOR', 'NaN'],
  ['DRAIN_WINDOW_MS', 'Infinity'],
])('%s=%s is refused', (name, value) => {
  expect(problemsOf({ [name]: value }).join()).toContain(name);
});

test('an empty variable is one that is not set', () => {
  expect(loadConfig({ PORT: '', PUBLIC_URL: '', SECRET_KEY: '' })).toMatchObject({
    PORT: 4000,
    PUBLIC_URL: undefined,
  });
});

describe('what does not go together', () => {
  test.each([
    [{ REDIS_URL: 'redis://localhost' }, /DATABASE_URL/],
    [{ DATABASE_URL: 'postgres://localhost/x' }, /SECRET_KEY/],
    [{ HOST: '0.0.0.0' }, /CLERK_SECRET_KEY|AUTH_LOCAL/],
    [{ HOST: '192.168.1.5' }, /AUTH_LOCAL/],
    [{ CORS_ORIGINS: 'https://good.example,nonsense' }, /nonsense/],
    [{ MCP_SERVERS: '{"mcpServers": {"files": {}}}' }, /MCP_SERVERS.*files\.command/],
    [{ MCP_SERVERS: 'files' }, /MCP_SERVERS/],
    [{ OUTGOING_ALLOW_HOSTS: 'inside.example,https://x' }, /OUTGOING_ALLOW_HOSTS.*https:\/\/x/],
    [{ SECRET_KEY: `changeme${'x'.repeat(40)}` }, /SECRET_KEY/],
  ])('%j is refused', (env, pattern) => {
    expect(problemsOf(env as Record<string, string>).join()).toMatch(pattern);
  });

  test('a public address is served when it says how people sign in', () => {
    expect(loadConfig({ HOST: '0.0.0.0', AUTH_LOCAL: 'true' }).AUTH_LOCAL).toBe(true);
    expect(loadConfig({ DATABASE_URL: 'postgres://localhost/x', SECRET_KEY: SECRET }).DATABASE_URL).toContain(
      'postgres',
    );
  });
});

describe('secrets from files', () => {
  function fileWith(text: string): string {
    const dir = mkdtempSync(join(tmpdir(), 'parley-config-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'secret'), text);
    return join(dir, 'secret');
  }

  test('NAME_FILE is read, without its last newline', () => {
    expect(loadConfig({ SECRET_KEY_FILE: fileWith(`${SECRET}\n`) }).SECRET_KEY).toBe(SECRET);
  });

  test('a file that is not there, or a value beside it, is a problem', () => {
    expect(problemsOf({ SECRET_KEY_FILE: '/no/such/file' }).join()).toMatch(/SECRET_KEY_FILE.*ENOENT/);
    expect(problemsOf({ SECRET_KEY_FILE: fileWith(SECRET), SECRET_KEY: SECRET }).join()).toMatch(/both set/);
  });
});

test('what may be logged holds no secret', () => {
  const shown = JSON.stringify(
    describeConfig(
      loadConfig({
        SECRET_KEY: SECRET,
        DATABASE_URL: 'postgres://user:hunter2@localhost/x',
        REDIS_URL: 'redis://:hunter2@localhost',
        ANTHROPIC_API_KEY: 'hunter2',
        OPENAI_API_KEY: 'hunter2',
        CLOUDFLARE_API_TOKEN: 'hunter2',
        METRICS_TOKEN: 'hunter2-hunter2-hunter2',
      }),
    ),
  );
  expect(shown).not.toContain('hunter2');
  expect(shown).not.toContain(SECRET);
  expect(shown).toContain('***');
});
