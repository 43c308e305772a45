// How the published package is built: ESM, CommonJS and types, from a copy of the sources in which the wire's types are written
// out in full. The copy is what keeps the server's sources and zod out of the package.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';
import { wireTypes } from './build/wire-types.ts';

const path = (from: string): string => fileURLToPath(new URL(from, import.meta.url));
const COPY = path('staging');

for (const made of ['dist', 'staging']) rmSync(path(made), { recursive: true, force: true });
cpSync(path('src'), COPY, { recursive: true });
writeFileSync(`${COPY}/wire.ts`, wireTypes(path('..').replace(/\/$/, ''), path('src/wire.ts')));
writeFileSync(
  `${COPY}/tsconfig.json`,
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { declaration: true, jsx: 'react-jsx', lib: ['es2024', 'dom'], types: ['node'] },
    include: ['.'],
  }),
);

export default defineConfig({
  entry: {
    index: `${COPY}/index.ts`,
    react: `${COPY}/react/hooks.ts`,
    node: `${COPY}/node.ts`,
    agent: `${COPY}/agent/agent.ts`,
    testing: `${COPY}/testing/network.ts`,
  },
  format: ['esm', 'cjs'],
  platform: 'neutral',
  deps: { neverBundle: [/^node:/, 'react', 'socket.io-client'] },
  hash: false,
  target: 'es2022',
  tsconfig: `${COPY}/tsconfig.json`,
  dts: true,
  clean: false,
  logLevel: 'warn',
});
