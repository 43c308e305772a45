// What is written down about running Parley is true: variables, container files, metrics on the board and in alerts, packages.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, VARIABLE_NAMES } from '../../src/core/config.ts';
import { startApp } from '../support/app.ts';
import { sourceFacts } from '../support/source-facts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const unique = (words: Iterable<string>): string[] => [...new Set(words)].sort();

describe('variables', () => {
  const shown = new Map(
    [...read('.env.example').matchAll(/^# ([A-Z][A-Z0-9_]+)=(\S*)/gm)].map((m) => [
      m[1] as string,
      m[2] as string,
    ]),
  );

  test('.env.example has every variable that is read, and no other', () => {
    expect(unique(shown.keys())).toEqual([...VARIABLE_NAMES].sort());
  });

  test('.env.example shows the defaults', () => {
    // These two depend on others.
    const { AUTH_LOCAL: _, LOG_FORMAT: __, version: ___, ...defaults } = loadConfig({});
    for (const [name, value] of shown) {
      const standard = (defaults as Record<string, unknown>)[name];
      const isEmpty = typeof standard === 'object' && Object.keys(standard as object).length === 0;
      const isSet = standard !== undefined && !isEmpty;
      expect(`${name}=${value}`).toBe(`${name}=${isSet ? standard : ''}`);
    }
  });
});

interface Service {
  profiles: string[];
  image: string;
  restart?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  healthcheck?: object;
  build?: { target: string };
  depends_on?: string[] | Record<string, { condition: string }>;
}

describe('containers', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
  const services = Object.entries(compose.services);
  const dockerfile = read('Dockerfile');

  test('the profiles are those that are documented, and what a service needs is in each of its own', () => {
    const profiles = unique(services.flatMap(([, service]) => service.profiles));
    expect(profiles).toEqual(['observability', 'scaled', 'single', 'tools']);
    for (const [name, { depends_on, profiles }] of services) {
      const needed = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on ?? {});
      for (const other of needed)
        expect(`${name}: ${compose.services[other]?.profiles}`).toMatch(new RegExp(profiles.join('|')));
    }
    const nodes = services.filter(
      ([, service]) => service.environment?.REDIS_URL && service.build?.target === 'server',
    );
    expect(nodes.map(([name]) => name)).toEqual(['node1', 'node2', 'node3']);
  });

  test('secrets have no defaults, and no service writes one down', () => {
    const secret = /(KEY|TOKEN|PASSWORD|SECRET)$/;
    const optional = /^(CLERK_|ANTHROPIC_|OPENAI_)/;
    for (const [, service] of services)
      for (const [name, value] of Object.entries(service.environment ?? {}))
        if (secret.test(name) && !optional.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
    const required = unique(
      [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+):\?/g)].map((m) => m[1] as string),
    );
    expect(required).toEqual(['GRAFANA_PASSWORD', 'METRICS_TOKEN', 'POSTGRES_PASSWORD', 'SECRET_KEY']);
    for (const name of required) expect(read('docs/operations.md')).toContain(`${name}=$(openssl`);
  });

  test('our services are given only variables that are read; together they are a configuration', () => {
    for (const [, service] of services.filter(([, s]) => s.build !== undefined)) {
      const given = Object.entries(service.environment ?? {});
      expect(VARIABLE_NAMES).toEqual(expect.arrayContaining(given.map(([name]) => name)));
      const filled = given.map(([name, value]) => [name, fill(value)]);
      expect(() =>
        loadConfig({ HOST: '0.0.0.0', ...Object.fromEntries(filled), AUTH_LOCAL: 'true' }),
      ).not.toThrow();
    }
  });

  /** As compose would with what docs/operations.md puts into .env. */
  const fill = (value: string): string =>
    value.replaceAll(/\$\{([A-Z_]+):([-?])([^}]*)\}/g, (_, __, kind, text) =>
      kind === '-' ? text : 'f3a91c'.repeat(8),
    );

  test('services restart, are looked at, and mount files that are there', () => {
    for (const [name, service] of services) {
      if (name === 'tools') continue;
      expect(service.restart).toBe('unless-stopped');
      expect(service.healthcheck !== undefined || service.build?.target === 'server').toBe(true);
      for (const volume of service.volumes ?? [])
        if (volume.startsWith('./deploy'))
          expect(existsSync(join(ROOT, volume.split(':')[0] as string))).toBe(true);
    }
    expect(dockerfile).toContain('HEALTHCHECK');
    expect(dockerfile).toContain('/readyz');
  });

  test('the image copies what is there and not ignored, runs without rights, and stops gently', () => {
    const ignored = read('.dockerignore').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap((m) =>
      (m[1] as string).split(' ').slice(0, -1),
    );
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(ignored, path).toContain(`!${path.split('/')[0]}`);
    }
    for (const line of ['USER node', 'STOPSIGNAL SIGTERM', 'VOLUME /data', 'EXPOSE 4000'])
      expect(dockerfile).toContain(line);
    expect(dockerfile).toMatch(/ENV .*HOST=0\.0\.0\.0.*DATA_DIR=\/data/);
    expect(dockerfile.trim().split('\n').at(-1)).toBe('FROM server');
  });

  test('the program needs no package that is only for developing', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    const files = ['src', 'migrations'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    );
    const packages = files.flatMap((file) =>
      sourceFacts(file, read(file))
        .imports.filter(({ specifier, typeOnly }) => !typeOnly && !/^(\.|node:)/.test(specifier))
        .map(({ specifier }) =>
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(unique(packages)));
  });
});

describe('metrics', () => {
  test('every metric on the board, in the alerts and in the docs is one that a started server has', async () => {
    const app = await startApp();
    onTestFinished(() => app.stop());
    const text = await (await fetch(`${app.url}/metrics`, { headers: { connection: 'close' } })).text();
    const types = new Map(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((m) => [m[1] as string, m[2] as string]),
    );
    const board = JSON.parse(read('deploy/grafana/boards/parley.json')) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const alerts = parse(read('deploy/alerts.yml')) as { groups: { rules: { expr: string }[] }[] };
    const expressions = [
      ...board.panels.flatMap((panel) => panel.targets ?? []),
      ...alerts.groups.flatMap((group) => group.rules),
    ].map(({ expr }) => expr);
    const named = unique(
      [...expressions, read('docs/operations.md')].flatMap(
        (expr) => expr.match(/\b(parley|nodejs|process)_[a-z0-9_]+(?=[^a-z0-9_]|$)/g) ?? [],
      ),
    );
    expect(named.length).toBeGreaterThan(15);
    const exists = (name: string) =>
      types.has(name) ||
      (/_(bucket|sum|count)$/.test(name) && types.get(name.replace(/_[a-z]+$/, '')) !== undefined);
    expect(named.filter((name) => !exists(name))).toEqual([]);
    // And all of ours can be found in the docs.
    const ours = [...types.keys()].filter((name) => name.startsWith('parley_'));
    expect(ours.filter((name) => !read('docs/operations.md').includes(name))).toEqual([]);
    // Base units, and nothing that grows with people or rooms.
    for (const name of ours) expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb)(_|$)/);
    expect(text).not.toMatch(/[{,](room|user|agent|run|message|tenant)(_?id)?=/i);
  });
});
