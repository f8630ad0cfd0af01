/** `npm run docs`: writes the pages that are printed from tables. A tidy test compares them. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { renderPages } from './docs/pages.ts';

for (const [path, text] of await renderPages()) {
  writeFileSync(resolve(import.meta.dirname, '..', path), text);
  console.log(`printed ${path}`);
}
