/** Pages printed from tables are in step with them; links between pages lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { renderPages } from '../../scripts/docs/pages.ts';
import { readSources, root } from './support/source.ts';

const pages = globSync('{*.md,docs/**/*.md,examples/**/*.md}', { cwd: root }).sort();

for (const [path, text] of await renderPages()) {
  test(`${path} is what its table prints (npm run docs)`, () => {
    assert.equal(readFileSync(resolve(root, path), 'utf8'), text);
  });
}

/** The anchor that a heading gets where these pages are read. */
function anchorOf(heading: string): string {
  const text = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
  return text.trim().replace(/\s/g, '-');
}

function faultOf(page: string, target: string): string | undefined {
  if (/^(?:https?|mailto):/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? resolve(root, page) : resolve(root, dirname(page), path);
  if (!existsSync(file)) return `${page}: ${target} leads nowhere`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  const headings = [...readFileSync(file, 'utf8').matchAll(/^#+\s+(?<heading>.+)$/gm)];
  const isThere = headings.some((match) => anchorOf(match.groups?.heading ?? '') === anchor);
  return isThere ? undefined : `${page}: ${target} names no heading`;
}

function linksOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\((?<target>[^)\s]+)(?:\s+"[^"]*")?\)/g)].map(
    (match) => match.groups?.target ?? '',
  );
}

test('every link between pages leads somewhere', () => {
  const faults = pages.flatMap((page) =>
    linksOf(readFileSync(resolve(root, page), 'utf8')).map((target) => faultOf(page, target)),
  );
  assert.deepEqual(
    faults.filter((fault) => fault !== undefined),
    [],
  );
});

test('a link that leads nowhere is seen', () => {
  assert.ok(faultOf('README.md', 'docs/nothing-there.md'));
  assert.ok(faultOf('docs/errors.md', '#no-such-heading'));
  assert.equal(faultOf('docs/errors.md', '#errors'), undefined);
  assert.deepEqual(linksOf('a [b](c.md#d) `[e](f)`'), ['c.md#d']);
});

test('every page of docs that the code names exists', () => {
  const named = readSources('{src,bin,scripts,bench,test}/**/*.{ts,cjs}').flatMap((source) =>
    [...source.text.matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map((match) => ({
      path: source.path,
      page: match[0],
    })),
  );
  const missing = named.filter(
    ({ path, page }) => path !== 'test/tidy/docs.test.ts' && !existsSync(resolve(root, page)),
  );
  assert.deepEqual(missing, []);
});

test('decisions are numbered without gaps', () => {
  const numbers = globSync('docs/decisions/*.md', { cwd: root })
    .map((path) => path.replaceAll('\\', '/').slice('docs/decisions/'.length))
    .sort();
  numbers.forEach((name, index) => {
    assert.ok(name.startsWith(`${String(index + 1).padStart(4, '0')}-`), name);
  });
});

test('every bench has one place in docs/benchmarks.md, where its command writes', () => {
  const page = readFileSync(resolve(root, 'docs/benchmarks.md'), 'utf8');
  const places = [...page.matchAll(/^<!-- npm run bench -- (?<name>[\w-]+) --write -->$/gm)];
  const benches = readSources('bench/*.ts').flatMap(({ text }) =>
    [...text.matchAll(/: Bench = \{\n {2}name: '(?<name>[\w-]+)'/g)].map(
      (match) => match.groups?.name,
    ),
  );
  assert.ok(benches.length > 5);
  assert.deepEqual(places.map((match) => match.groups?.name).sort(), benches.sort());
  const ends = [...page.matchAll(/^<!-- end -->$/gm)];
  assert.equal(ends.length, places.length);
});
