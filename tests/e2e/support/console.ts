// The console as people meet it: the built pages, a real server, and a browser context for each person.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startApp, type TestApp, type TestAppOptions } from '../../support/app.ts';
import { buildConsole } from './build.ts';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Without a browser there is nothing to look at: suites ask this and skip. */
export const hasBrowser = existsSync(CHROMIUM);

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ARGS });

export interface Look {
  width?: number;
  height?: number;
  scheme?: 'light' | 'dark';
  /** Instead of the server's own address. */
  url?: string;
  /** Path and hash to open, `/` unless given. */
  path?: string;
}

export interface Person {
  page: Page;
  context: BrowserContext;
  /** Errors of the page's own code and refused requests; a test ends with none. */
  problems: string[];
}

export interface TestConsole {
  server: TestApp;
  /** A page of its own, not signed in. */
  open(look?: Look): Promise<Person>;
  /** A page of its own, signed in by name through the first page. */
  enter(name: string, look?: Look): Promise<Person>;
  stop(): Promise<void>;
}

export async function startConsole(options: TestAppOptions = {}): Promise<TestConsole> {
  await buildConsole();
  const server = await startApp(options);
  const browser = await launchBrowser();

  async function open(look: Look = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
      colorScheme: look.scheme ?? 'light',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !isNetworkNoise(message.text())) problems.push(message.text());
    });
    await page.goto(`${look.url ?? server.url}${look.path ?? '/'}`);
    return { page, context, problems };
  }

  return {
    server,
    open,
    async enter(name, look) {
      const person = await open(look);
      await person.page.getByLabel('Your name').fill(name);
      await person.page.getByRole('button', { name: 'Enter' }).click();
      await person.page.getByRole('log').waitFor();
      await person.page.getByTestId('connection').getByText('Online').waitFor({ state: 'attached' });
      return person;
    },
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}

/** What a browser says about a connection that a test has cut. */
const isNetworkNoise = (text: string): boolean =>
  /ERR_|WebSocket connection|Failed to load resource|dynamically imported module/.test(text);

/** The field one writes in. */
export const field = (page: Page) => page.getByRole('textbox', { name: /^Write/ });

export async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
}

/** A message of the transcript, by its words. */
export const message = (page: Page, text: string | RegExp) =>
  page.getByRole('log').getByRole('article').filter({ hasText: text });
