/**
 * Sizes of files and lines. Functions (70 lines) are held by Biome, which reads the language:
 * `noExcessiveLinesPerFunction` in biome.json, checked here to be on.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { readSources, root } from './support/source.ts';

const lineColumnsMax = 100;
const functionLinesMax = 70;
const linesMax = (path: string) => (path.startsWith('test/') ? 800 : 500);

const sources = readSources('{src,test,scripts,bench,examples}/**/*.ts', 'bin/*.cjs');

test('no file is longer than 500 lines, no suite longer than 800', () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > linesMax(path));
  assert.deepEqual(long, []);
});

test('most files of src are short', () => {
  const lines = sources
    .filter(({ path }) => path.startsWith('src/'))
    .map(({ text }) => text.split('\n').length - 1)
    .sort((a, b) => a - b);
  const atNineTenths = lines[Math.floor(lines.length * 0.9)] ?? 0;
  assert.ok(atNineTenths <= 350, `one file in ten has more than ${atNineTenths} lines`);
});

test('no line of a comment is wider than 100 columns; the formatter folds code', () => {
  const wide = sources.flatMap(({ path, text, uncommented }) => {
    const withoutComments = uncommented.split('\n');
    return text.split('\n').flatMap((line, index) => {
      const isComment = withoutComments[index]?.trim() === '' && line.trim() !== '';
      const isAddress = /\S{60}/.test(line);
      return isComment && !isAddress && line.length > lineColumnsMax
        ? [`${path}:${index + 1}`]
        : [];
    });
  });
  assert.deepEqual(wide, []);
});

test('functions are held to 70 lines by the linter', () => {
  const biome = JSON.parse(readFileSync(resolve(root, 'biome.json'), 'utf8'));
  const rule = biome.linter.rules.complexity.noExcessiveLinesPerFunction;
  assert.equal(rule.level, 'error');
  assert.equal(rule.options.maxLines, functionLinesMax);
});
