import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PACKAGES = join(ROOT, 'packages');

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((name) => join(ROOT, name)),
  ...readdirSync(join(ROOT, 'docs')).map((name) => join(ROOT, 'docs', name)),
  ...readdirSync(PACKAGES).map((name) => join(PACKAGES, name, 'README.md')),
].filter((file) => file.endsWith('.md') && existsSync(file));

const matchesOf = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, match = '']) => match);

/** The fragment that GitHub gives to a heading. */
const fragmentOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

describe('documentation', () => {
  test.each(pages)('every relative link of %s leads to a file and a heading', (page) => {
    const links = matchesOf(readFileSync(page, 'utf8'), /\]\((?!https?:)([^)\s]+)\)/g);
    const broken = links.filter((link) => {
      const [path = '', fragment] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(file)) return true;
      if (fragment === undefined) return false;
      const headings = matchesOf(readFileSync(file, 'utf8'), /^#+ (.+)$/gm);
      return !headings.map(fragmentOf).includes(fragment);
    });
    expect(broken).toEqual([]);
  });

  test('every file that the architecture page names exists', () => {
    const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const files = matchesOf(text, /`([a-z-]+\/src\/[\w./-]*)`/g);
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((file) => !existsSync(join(PACKAGES, file)))).toEqual([]);
  });

  test('the architecture page visits each file of the path of a measurement once', () => {
    const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const files = matchesOf(text, /^\| \d+ \| `([^`]+)`/gm);
    expect(files.length).toBeGreaterThan(20);
    expect(files).toEqual([...new Set(files)]);
  });
});
