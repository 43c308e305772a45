// Pages with the packed client in them: built by Vite as an application would, and shown without a server that has files.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';

export const PAGE_PATH = '/sdk-page/';

/** @param entry file in the project @returns the script, all in one */
export async function buildScript(project: string, entry: string): Promise<Buffer> {
  const name = basename(entry).replace(/\.\w+$/, '');
  await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: `built-${name}`,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: name },
      minify: true,
      rolldownOptions: { output: { codeSplitting: false } },
    },
    // As it is published: under the tests' NODE_ENV it would be made for development, with the debugging of socket.io-client.
    resolve: { conditions: ['module', 'browser', 'production'] },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return readFileSync(join(project, `built-${name}`, `${name}.js`));
}

/** Opens a page of this script at the server's address; it is there also while the server is not. @returns errors of the page */
export async function openScript(page: Page, url: string, script: Buffer, hash = ''): Promise<string[]> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.route(`**${PAGE_PATH}**`, (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({
          contentType: 'text/html',
          body: `<!doctype html><body><script type="module" src="${PAGE_PATH}page.js"></script>`,
        }),
  );
  await page.goto(`${url}${PAGE_PATH}${hash}`);
  return problems;
}
