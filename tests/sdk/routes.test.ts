// The routes that the SDK's admin client takes are those of the server. `npx vitest run tests/sdk/routes.test.ts -u` writes them anew.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

test('every operation of the SDK that has a route is called by it', async () => {
  const wire = readFileSync(new URL('../../client-sdk/src/wire.ts', import.meta.url), 'utf8');
  const table = /export interface Operations \{(.*?)\n\}/s.exec(wire)?.[1] ?? '';
  const routes = [...table.matchAll(/^ {2}(\w+):/gm)].flatMap(([, name = '']) => {
    const rest = app.app.parts.operations.bySocket(name)?.def.rest;
    return rest === undefined ? [] : [`  ${name}: '${rest.method.toUpperCase()} ${rest.path}',`];
  });
  expect(routes.length).toBeGreaterThan(40);
  const text = [
    '// Method and path of each operation, by its name on the socket. Made from the server; see tests/sdk/routes.test.ts.',
    'export const ROUTES = {',
    ...routes,
    '} as const;',
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../../client-sdk/src/node/routes.ts');
});
