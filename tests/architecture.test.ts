// The layers, the single readers of time, randomness and environment, and the names: kept true by reading every source.
// The planted trees prove that each rule is able to fail.
import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkTree, describeViolation, type Tree } from './support/layers.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

test('the program keeps to its architecture', () => {
  const paths = globSync(['src/**/*.{ts,tsx}', 'client-sdk/src/**/*.{ts,tsx}', 'web/src/**/*.{ts,tsx}'], {
    cwd: ROOT,
  });
  const tree = Object.fromEntries(
    paths.map((path) => [path.split(sep).join('/'), readFileSync(`${ROOT}${path}`, 'utf8')]),
  );
  expect(paths.length).toBeGreaterThan(20);
  const violations = checkTree(tree);
  if (violations.length > 0) {
    throw new Error(`${violations.length} to correct:\n\n${violations.map(describeViolation).join('\n')}`);
  }
});

/** Files of one line each, to which the opening comment is added. */
function plant(files: Tree): string[] {
  const tree = Object.fromEntries(
    Object.entries(files).map(([path, code]) => [path, `// For a test.\n${code}\n`]),
  );
  return checkTree(tree).map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

describe('allowed', () => {
  const allowed: [what: string, files: Tree][] = [
    [
      'core imports core and packages',
      { 'src/core/a.ts': "import { b } from './db/b.ts'; import pg from 'pg';" },
    ],
    [
      'core lists tables as types',
      { 'src/core/db/tables.ts': "import type { A } from '../../server/rooms/tables.ts';" },
    ],
    ['a contract imports zod', { 'src/server/rooms/contract.ts': "import { z } from 'zod';" }],
    [
      'a contract imports contracts',
      {
        'src/agents/drafts/contract.ts':
          "import { a } from '../../server/feed/contract.ts'; import { b } from '../../core/contract.ts';",
      },
    ],
    [
      'a module imports itself',
      { 'src/server/rooms/service.ts': "import { a } from './policy.ts'; import b from './sub/c.ts';" },
    ],
    [
      'a module imports a service',
      { 'src/server/messages/service.ts': "import { a } from '../rooms/service.ts';" },
    ],
    [
      'a module imports any contract',
      { 'src/server/webhooks/service.ts': "import { a } from '../../agents/drafts/contract.ts';" },
    ],
    [
      'memory imports core and contracts',
      {
        'src/memory/service.ts':
          "import { a } from '../core/ids.ts'; import { b } from '../server/rooms/contract.ts'; import { c } from './embed.ts';",
      },
    ],
    [
      'tools import services',
      {
        'src/tools/builtin/recall.ts':
          "import { a } from '../../memory/service.ts'; import { b } from '../../server/feed/service.ts'; import { c } from '../tool.ts';",
      },
    ],
    [
      'agents import services',
      {
        'src/agents/runtime/loop.ts':
          "import { a } from '../../tools/service.ts'; import { b } from '../profiles/service.ts';",
      },
    ],
    [
      'agents import a port of theirs',
      { 'src/agents/runtime/loop.ts': "import type { Llm } from '../llm/llm.ts';" },
    ],
    [
      'agents import a port with a twin',
      {
        'src/agents/runtime/loop.ts': "import { a } from '../safety/judge.ts';",
        'src/agents/safety/judge.ts': '',
        'src/agents/safety/judge-scripted.ts': '',
      },
    ],
    [
      'a transport imports core and siblings',
      {
        'src/server/transports/http/server.ts':
          "import { a } from '../../../core/operation.ts'; import { b } from '../realtime/hub.ts';",
      },
    ],
    [
      'the composition root imports anything',
      {
        'src/app.ts':
          "import { a } from './server/rooms/module.ts'; import { b } from './agents/runtime/loop.ts';",
      },
    ],
    [
      'the SDK imports types of contracts',
      {
        'client-sdk/src/room.ts':
          "import type { Room } from '../../src/server/rooms/contract.ts'; import { io } from 'socket.io-client'; import './a.ts';",
      },
    ],
    [
      'the console imports the SDK',
      {
        'web/src/app.tsx':
          "import { createClient } from '@parley/client'; import { useRoom } from '@parley/client/react'; import './app.css';",
      },
    ],
    ['the SDK has the only index', { 'client-sdk/src/index.ts': "export { a } from './a.ts';" }],
    ['config reads the environment', { 'src/core/config.ts': 'export const e = process.env.PORT;' }],
    ['main passes the environment on', { 'src/main.ts': 'loadConfig(process.env);' }],
    ['the clock reads the time', { 'src/core/clock.ts': 'Date.now(); new Date();' }],
    [
      'ids draw randomness',
      { 'src/core/ids.ts': "import { randomBytes } from 'node:crypto'; import { v7 } from 'uuid';" },
    ],
    [
      'a given time is converted',
      { 'src/server/rooms/view.ts': 'new Date(row.at).toISOString(); Date.parse(text);' },
    ],
    [
      'words in comments and strings',
      {
        'src/server/rooms/view.ts':
          "// Date.now() and import 'x' from '../../agents/a.ts'\nexport const s = 'process.env, Math.random()';",
      },
    ],
    [
      'crypto without randomness',
      { 'src/core/secrets.ts': "import { createHmac } from 'node:crypto'; import { v5 } from 'uuid';" },
    ],
    ['the SDK reads the time', { 'client-sdk/src/a.ts': 'Date.now();' }],
  ];
  test.each(allowed)('%s', (_what, files) => {
    expect(plant(files)).toEqual([]);
  });
});

describe('caught', () => {
  const caught: [what: string, files: Tree, violations: string[]][] = [
    [
      'core imports a module',
      { 'src/core/a.ts': "\nimport { b } from '../server/rooms/service.ts';" },
      ['src/core/a.ts:3 core imports nothing else'],
    ],
    [
      'core imports a feature’s contract',
      { 'src/core/a.ts': "import type { b } from '../server/rooms/contract.ts';" },
      ['src/core/a.ts:2 core imports nothing else'],
    ],
    [
      'core imports by import()',
      { 'src/core/a.ts': "const b = await import('../app.ts');" },
      ['src/core/a.ts:2 core imports nothing else'],
    ],
    [
      'core names a type by import()',
      { 'src/core/a.ts': "type B = import('../memory/embed.ts').B;" },
      ['src/core/a.ts:2 core imports nothing else'],
    ],
    [
      'core re-exports',
      { 'src/core/a.ts': "export * from '../tools/tool.ts';" },
      ['src/core/a.ts:2 core imports nothing else'],
    ],
    [
      'tables imported as values',
      { 'src/core/db/tables.ts': "import { A } from '../../server/rooms/tables.ts';" },
      ['src/core/db/tables.ts:2 core/db/tables.ts imports tables as types only'],
    ],
    [
      'tables imported as values that look like types',
      { 'src/core/db/tables.ts': "import { type A } from '../../server/rooms/tables.ts';" },
      ['src/core/db/tables.ts:2 core/db/tables.ts imports tables as types only'],
    ],
    [
      'another core file imports tables',
      { 'src/core/db/database.ts': "import type { A } from '../../server/rooms/tables.ts';" },
      ['src/core/db/database.ts:2 core imports nothing else'],
    ],
    [
      'a contract imports core',
      { 'src/server/rooms/contract.ts': "import { a } from '../../core/errors.ts';" },
      ['src/server/rooms/contract.ts:2 a contract.ts imports only zod'],
    ],
    [
      'a contract imports a neighbour',
      { 'src/server/rooms/contract.ts': "import { a } from './policy.ts';" },
      ['src/server/rooms/contract.ts:2 a contract.ts imports only zod'],
    ],
    [
      'a contract imports Node',
      { 'src/server/rooms/contract.ts': "import { a } from 'node:crypto';" },
      ['src/server/rooms/contract.ts:2 a contract.ts imports only zod'],
    ],
    [
      'core’s contract imports a feature’s',
      { 'src/core/contract.ts': "import { a } from '../server/rooms/contract.ts';" },
      ['src/core/contract.ts:2 a contract.ts imports only zod'],
    ],
    [
      'a module imports another’s repository',
      { 'src/server/messages/service.ts': "import { a } from '../rooms/repository.ts';" },
      ['src/server/messages/service.ts:2 a server module imports'],
    ],
    [
      'the server imports agents',
      { 'src/server/messages/service.ts': "import { a } from '../../agents/drafts/service.ts';" },
      ['src/server/messages/service.ts:2 a server module imports'],
    ],
    [
      'the server imports memory, as a type',
      { 'src/server/messages/a.ts': "import type { a } from '../../memory/service.ts';" },
      ['src/server/messages/a.ts:2 a server module imports'],
    ],
    [
      'the server imports tools',
      { 'src/server/messages/a.ts': "import '../../tools/service.ts';" },
      ['src/server/messages/a.ts:2 a server module imports'],
    ],
    [
      'a module imports a transport',
      { 'src/server/messages/a.ts': "import '../transports/service.ts';" },
      ['src/server/messages/a.ts:2 a server module imports'],
    ],
    [
      'a module imports the composition root',
      { 'src/server/messages/a.ts': "import '../../app.ts';" },
      ['src/server/messages/a.ts:2 a server module imports'],
    ],
    [
      'two modules in a circle',
      {
        'src/server/a/service.ts': "import '../b/service.ts';",
        'src/server/b/log.ts': "import type { A } from '../a/service.ts';",
      },
      ['src/server/b/log.ts:2 modules import each other’s services without circles (a → b → a)'],
    ],
    [
      'three modules in a circle',
      {
        'src/server/a/a.ts': "import '../b/service.ts';",
        'src/server/b/b.ts': "import '../c/service.ts';",
        'src/server/c/c.ts': "import '../a/service.ts';",
      },
      ['src/server/c/c.ts:2 modules import each other’s services without circles (a → b → c → a)'],
    ],
    [
      'memory imports the server',
      { 'src/memory/a.ts': "import '../server/rooms/service.ts';" },
      ['src/memory/a.ts:2 memory imports core and contract.ts'],
    ],
    [
      'memory imports agents',
      { 'src/memory/a.ts': "import '../agents/llm/llm.ts';" },
      ['src/memory/a.ts:2 memory imports core and contract.ts'],
    ],
    [
      'tools import agents',
      { 'src/tools/a.ts': "import '../agents/drafts/service.ts';" },
      ['src/tools/a.ts:2 tools import core'],
    ],
    [
      'tools import a repository',
      { 'src/tools/a.ts': "import '../server/rooms/repository.ts';" },
      ['src/tools/a.ts:2 tools import core'],
    ],
    [
      'agents import a repository',
      { 'src/agents/runtime/a.ts': "import '../../server/rooms/repository.ts';" },
      ['src/agents/runtime/a.ts:2 agents import core'],
    ],
    [
      'agents import the inside of memory',
      { 'src/agents/runtime/a.ts': "import '../../memory/repository.ts';" },
      ['src/agents/runtime/a.ts:2 agents import core'],
    ],
    [
      'agents import a port of tools',
      { 'src/agents/runtime/a.ts': "import '../../tools/tools.ts';" },
      ['src/agents/runtime/a.ts:2 agents import core'],
    ],
    [
      'a transport imports a module',
      { 'src/server/transports/mcp.ts': "import '../rooms/service.ts';" },
      ['src/server/transports/mcp.ts:2 a transport imports core'],
    ],
    [
      'a transport imports a contract',
      { 'src/server/transports/mcp.ts': "import type { A } from '../rooms/contract.ts';" },
      ['src/server/transports/mcp.ts:2 a transport imports core'],
    ],
    [
      'src imports the SDK',
      { 'src/server/rooms/a.ts': "import '@parley/client';" },
      ['src/server/rooms/a.ts:2 src/ imports nothing of @parley/client'],
    ],
    [
      'src imports tests',
      { 'src/core/a.ts': "import '../../tests/support/x.ts';" },
      ['src/core/a.ts:2 src/ imports nothing of tests'],
    ],
    [
      'a file in no layer',
      { 'src/bots/a.ts': "import '../core/ids.ts';" },
      ['src/bots/a.ts:2 src/bots/a.ts is in no layer'],
    ],
    [
      'the SDK imports a service',
      { 'client-sdk/src/a.ts': "import type { A } from '../../src/server/rooms/service.ts';" },
      ['client-sdk/src/a.ts:2 the SDK imports only contract.ts'],
    ],
    [
      'the SDK imports values of a contract',
      { 'client-sdk/src/a.ts': "import { A } from '../../src/server/rooms/contract.ts';" },
      ['client-sdk/src/a.ts:2 the SDK imports contracts as types only'],
    ],
    [
      'the console imports a contract',
      { 'web/src/a.tsx': "import type { A } from '../../src/server/rooms/contract.ts';" },
      ['web/src/a.tsx:2 the console imports only'],
    ],
    [
      'the console imports the SDK by path',
      { 'web/src/a.tsx': "import { A } from '../../client-sdk/src/room.ts';" },
      ['web/src/a.tsx:2 the console imports only'],
    ],
    [
      'a module reads the environment',
      { 'src/server/rooms/a.ts': 'export const a = process.env.A;' },
      ['src/server/rooms/a.ts:2 the environment is read in core/config.ts only'],
    ],
    [
      'main reads the environment',
      { 'src/main.ts': 'const a = process.env.A;' },
      ['src/main.ts:2 the environment is read in core/config.ts only'],
    ],
    [
      'a module passes the environment on',
      { 'src/core/a.ts': 'load(process.env);' },
      ['src/core/a.ts:2 the environment is read in core/config.ts only'],
    ],
    [
      'the environment by detours',
      {
        'src/core/a.ts':
          "import { env } from 'node:process';\nconst { env: e } = process;\nglobalThis.process['env'];",
      },
      ['src/core/a.ts:2 the env', 'src/core/a.ts:3 the env', 'src/core/a.ts:4 the env'],
    ],
    [
      'the time',
      { 'src/core/a.ts': 'Date.now();\nnew Date();\nDate();\nconst { now } = Date;' },
      [
        'src/core/a.ts:2 the time',
        'src/core/a.ts:3 the time',
        'src/core/a.ts:4 the time',
        'src/core/a.ts:5 the time',
      ],
    ],
    [
      'randomness',
      {
        'src/core/a.ts':
          "Math.random();\ncrypto.randomUUID();\nimport { randomBytes } from 'node:crypto';\nimport { v7 } from 'uuid';",
      },
      [
        'src/core/a.ts:2 randomness',
        'src/core/a.ts:3 randomness',
        'src/core/a.ts:4 randomness',
        'src/core/a.ts:5 randomness',
      ],
    ],
    [
      'a barrel',
      { 'src/server/rooms/index.ts': "export { a } from './a.ts';" },
      ['src/server/rooms/index.ts:1 no barrels'],
    ],
    [
      'a barrel in the SDK’s folders',
      { 'client-sdk/src/react/index.ts': '' },
      ['client-sdk/src/react/index.ts:1 no barrels'],
    ],
    [
      'utils',
      { 'src/core/utils.ts': '', 'web/src/utils-date.ts': '', 'src/core/utils/a.ts': '' },
      [
        'src/core/utils.ts:1 nothing is called utils',
        'web/src/utils-date.ts:1 nothing is called utils',
        'src/core/utils/a.ts:1 nothing is called utils',
      ],
    ],
    ['what cannot be parsed', { 'src/core/a.ts': 'const = ;' }, ['src/core/a.ts:1 it cannot be parsed']],
  ];
  test.each(caught)('%s', (_what, files, expected) => {
    const found = plant(files);
    expect(found).toHaveLength(expected.length);
    for (const [index, text] of expected.entries()) expect(found[index]).toContain(text);
  });

  test('a file without an opening comment', () => {
    const [violation] = checkTree({ 'src/core/a.ts': "import 'pg';\n// late\n" });
    expect(violation).toMatchObject({
      file: 'src/core/a.ts',
      line: 1,
      rule: 'each file opens with a comment',
    });
    expect(checkTree({ 'src/cli.ts': '#!/usr/bin/env node\n// For a test.\n' })).toEqual([]);
  });

  test('says where, which rule, and what to do instead', () => {
    const [violation] = checkTree({ 'web/src/a.ts': "// For a test.\nimport '../../src/core/ids.ts';\n" });
    expect(violation && describeViolation(violation)).toBe(
      [
        'web/src/a.ts:2',
        '  rule: the console imports only @parley/client and itself (it imports src/core/ids.ts)',
        "  instead: import it from '@parley/client'; if the SDK does not offer it, add it there first",
      ].join('\n'),
    );
  });
});
