// Builds the console into web/dist and, in development, hands server paths to a running server.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.PARLEY_URL ?? 'http://127.0.0.1:4000';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
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
