// Builds the console into web/dist and, in development, hands server paths to a running server.
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const server = process.env.PARLEY_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), emojiNames()],
  resolve: {
    alias: Object.fromEntries(
      ['rehype-raw', 'rehype-sanitize'].map((name) => [
        name,
        `${import.meta.dirname}/src/messages/no-html.ts`,
      ]),
    ),
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The page is served with `default-src 'self'`, so nothing may become a data: address.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What changes only with its version stays in browsers' caches when the console changes.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            { name: 'socket', test: /node_modules\/(socket\.io|engine\.io)/ },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
});

/** `virtual:emoji`: each emoji with its group, name and search words, and nothing else of the package's half a megabyte. */
function emojiNames(): Plugin {
  const id = 'virtual:emoji';
  return {
    name: 'emoji-names',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    async load(loaded) {
      if (loaded !== `\0${id}`) return undefined;
      const { default: all } = await import('emojibase-data/en/compact.json', { with: { type: 'json' } });
      const rows = all
        .filter(({ group }) => group !== undefined && group !== 2)
        .map(({ group, unicode, label, tags = [] }) => [group, unicode, label, tags.join(' ')]);
      return `export default ${JSON.stringify(rows)};`;
    },
  };
}
