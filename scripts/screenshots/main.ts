// Pictures of every page of the console, of a server of its own with a small workspace in it: docs/images/*.png.
// Exit 0: written. Needs Chromium (CHROMIUM_PATH, or /usr/bin/chromium). With names as arguments only those are taken.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { createApp, IN_MEMORY } from '../../src/app.ts';
import { loadConfig } from '../../src/core/config.ts';
import { createOutside } from '../../tests/agents/outside.ts';
import { model } from './model.ts';
import { type Picture, pictures } from './pictures.ts';
import { settle, type Town } from './town.ts';

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const WAIT_MS = 60_000;
const LAUNCH_MS = 600_000;

const app = await createApp(
  loadConfig({
    PORT: '0',
    DATA_DIR: IN_MEMORY,
    LOG_LEVEL: 'error',
    LOG_FORMAT: 'json',
    LINK_PREVIEWS: 'false',
    RATE_LIMIT_FACTOR: '10',
  }),
  { agents: { llm: model, tools: createOutside().tools } },
);
const url = await app.start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  timeout: LAUNCH_MS,
});
try {
  mkdirSync(IMAGES, { recursive: true });
  const town = await settle(url);
  const wanted = process.argv.slice(2);
  for (const picture of pictures(town)) {
    if (wanted.length > 0 && !wanted.includes(picture.name)) continue;
    await take(picture, town, false);
    if (picture.onPhone) await take(picture, town, true);
  }
} finally {
  await browser.close();
  await app.stop();
}

async function take(picture: Picture, town: Town, onPhone: boolean): Promise<void> {
  const context = await browser.newContext({
    viewport: onPhone ? PHONE : DESK,
    colorScheme: picture.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  try {
    const me = town.people.grace;
    if (!picture.signedOut)
      await context.addInitScript(
        `localStorage.setItem('parley.session', ${JSON.stringify(JSON.stringify(me))});` +
          (picture.isNew ? '' : `localStorage.setItem('parley.first-steps-done', '"${me.user.id}"');`),
      );
    const page: Page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.goto(`${url}/${picture.hash}`);
    await picture.until(page, onPhone);
    await page.evaluate('document.fonts.ready');
    await page.screenshot({
      path: `${IMAGES}/${picture.name}${onPhone ? '-phone' : ''}.png`,
      caret: 'hide',
      animations: 'disabled',
    });
    process.stdout.write(`${picture.name}${onPhone ? ', phone' : ''}\n`);
  } finally {
    await context.close();
  }
}
