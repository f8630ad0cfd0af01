import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

test('the published client needs nothing but Node itself', async () => {
  const waiting = [new URL('../../../src/client/index.ts', import.meta.url).href];
  const outside = new Set<string>();
  for (const url of waiting) {
    const text = await readFile(new URL(url), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/^(?:import|export|\}) .*from '([^']+)'/gm)) {
      if (!specifier.startsWith('.')) outside.add(specifier);
      else if (!waiting.includes(new URL(specifier, url).href)) {
        waiting.push(new URL(specifier, url).href);
      }
    }
  }
  assert.ok(waiting.length > 10, 'the walk must have found the files of the client');
  assert.ok(outside.size > 0);
  for (const specifier of outside) assert.match(specifier, /^node:/);
});
