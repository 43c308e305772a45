// SPEC.md and the tests name the same invariants.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it('every invariant has a test that names it, and no test names another', () => {
  const stated = [...read('../SPEC.md').matchAll(/^- \*\*([CI]\d+)\*\*/gm)].map((match) => match[1]);
  const titles = readdirSync(new URL('.', import.meta.url))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...read(file).matchAll(/\bit(?:\.each\([^;]*?\))?\(\s*['"`]([^'"`]*)/g)])
    .flatMap(
      (match) =>
        match[1]
          ?.match(/^(?:[CI]\d+ )+/)?.[0]
          .trim()
          .split(' ') ?? [],
    );
  expect([...new Set(titles)].sort()).toEqual([...stated].sort());
});
