// The document that describes the API holds each operation, in the shape that OpenAPI 3.1 asks for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { type Answer, request } from '../support/clients.ts';

let app: TestApp;
let document: Answer;
beforeAll(async () => {
  app = await startApp();
  document = (await request(app.url, 'GET', '/api/openapi.json')).body;
});
afterAll(() => app.stop());

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const described = (): { path: string; method: string; operation: Answer }[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as object).map(([method, operation]) => ({ path, method, operation })),
  );

test('it is a 3.1 document of this server', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toMatchObject({
    title: expect.any(String),
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  expect(document.servers).toEqual([{ url: app.url }]);
});

test('every operation with a route is in it once, and nothing else', () => {
  const declared = app.app.parts.operations.list.flatMap(({ def }) =>
    def.rest === undefined
      ? []
      : [`${def.rest.method} ${def.rest.path.replace(/:(\w+)/g, '{$1}')} ${def.name}`],
  );
  const found = described().map(
    ({ path, method, operation }) => `${method} ${path} ${operation.operationId}`,
  );
  expect(found.sort()).toEqual(declared.sort());
  expect(declared.length).toBeGreaterThan(25);
});

test('every operation says what it takes and answers', () => {
  for (const { path, method, operation } of described()) {
    const where = `${method} ${path}`;
    expect(METHODS, where).toContain(method);
    expect(operation.summary, where).toBeTypeOf('string');
    expect(operation.tags, where).toHaveLength(1);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
    const parameters = operation.parameters as {
      name: string;
      in: string;
      required: boolean;
      schema: object;
    }[];
    expect(
      parameters
        .filter((p) => p.in === 'path')
        .map((p) => p.name)
        .sort(),
      where,
    ).toEqual(inPath.sort());
    for (const parameter of parameters) {
      expect(['path', 'query'], where).toContain(parameter.in);
      if (parameter.in === 'path') expect(parameter.required, where).toBe(true);
      expect(parameter.schema, where).toBeTypeOf('object');
    }
    expect(new Set(parameters.map((p) => `${p.in} ${p.name}`)).size, where).toBe(parameters.length);
    const answers = Object.keys(operation.responses);
    expect(
      answers.some((status) => /^2\d\d$/.test(status)),
      where,
    ).toBe(true);
    expect(operation.responses.default.content['application/problem+json'].schema, where).toEqual({
      $ref: '#/components/schemas/Problem',
    });
    if (method === 'get') expect(operation.requestBody, where).toBeUndefined();
  }
});

test('every reference in it leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1] as string);
  expect(references.length).toBeGreaterThan(0);
  for (const reference of new Set(references)) {
    expect(reference).toMatch(/^#\//);
    const target = reference
      .slice(2)
      .split('/')
      .reduce<Answer>((at, part) => at?.[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    expect(target, reference).toBeTypeOf('object');
  }
});

test('every event is described with its audience', () => {
  const types = (document['x-events'] as { type: string }[]).map((e) => e.type);
  for (const type of [
    'new_message',
    'message_updated',
    'message_deleted',
    'member_left',
    'typing',
    'presence_diff',
  ])
    expect(types).toContain(type);
  expect(new Set(types).size).toBe(types.length);
});

test('health, readiness and what is not there', async () => {
  expect(await request(app.url, 'GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await request(app.url, 'GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  const missing = await request(app.url, 'GET', '/api/no-such-thing');
  expect(missing).toMatchObject({ status: 404, body: { reason: 'route_not_found' } });
  expect(missing.headers.get('x-content-type-options')).toBe('nosniff');
  expect(missing.headers.get('x-powered-by')).toBeNull();
});
