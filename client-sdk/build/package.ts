// Makes client-sdk/dist what is published: the built files, a package.json that points at them, the documents. `npm run sdk` runs it.
// Must never publish: it ends with a tarball and says where it is.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

const SDK = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(SDK, 'dist');
const DOCUMENTS = ['README.md', 'SPEC.md'];

interface Manifest {
  exports: Record<string, string>;
  [field: string]: unknown;
}

await build({ config: join(SDK, 'tsdown.config.ts'), cwd: SDK });

const {
  private: _,
  exports: sources,
  ...manifest
} = JSON.parse(readFileSync(join(SDK, 'package.json'), 'utf8')) as Manifest;
const names = Object.keys(sources).map((path) => (path === '.' ? 'index' : path.slice(2)));
const published = {
  ...manifest,
  main: './index.cjs',
  module: './index.js',
  types: './index.d.cts',
  exports: {
    ...Object.fromEntries(
      names.map((name) => [
        name === 'index' ? '.' : `./${name}`,
        {
          import: { types: `./${name}.d.ts`, default: `./${name}.js` },
          require: { types: `./${name}.d.cts`, default: `./${name}.cjs` },
        },
      ]),
    ),
    './package.json': './package.json',
  },
  files: ['*.js', '*.cjs', '*.d.ts', '*.d.cts', ...DOCUMENTS, 'LICENSE'],
};
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
for (const document of DOCUMENTS) copyFileSync(join(SDK, document), join(DIST, document));
copyFileSync(join(SDK, '..', 'LICENSE'), join(DIST, 'LICENSE'));

const packed = execFileSync('npm', ['pack', '--json', '--silent'], { cwd: DIST, encoding: 'utf8' });
const [{ filename, size, unpackedSize }] = JSON.parse(packed) as [
  { filename: string; size: number; unpackedSize: number },
];
console.log(`${join('client-sdk/dist', filename)}: ${size} bytes packed, ${unpackedSize} unpacked`);
