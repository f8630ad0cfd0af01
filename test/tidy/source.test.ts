import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, readSource } from './support/source.ts';

function imports(text: string): string[] {
  return importsOf(readSource('x.ts', text)).map(({ specifier }) => specifier);
}

test('every way to import is seen', () => {
  const text = [
    "import { a,\n  type b } from './value.ts';",
    "import type { c } from './type.ts';",
    "export * from './again.ts';",
    "export type { d } from './again-type.ts';",
    "import './effect.ts';",
    "const e = await import('./dynamic.ts');",
    "let f: import('./inline-type.ts').F;",
    "import g = require('./required.ts');",
    "const h = createRequire(import.meta.url)('./again-required.cjs');",
  ].join('\n');
  assert.deepEqual(imports(text).sort(), [
    './again-required.cjs',
    './again-type.ts',
    './again.ts',
    './dynamic.ts',
    './effect.ts',
    './inline-type.ts',
    './required.ts',
    './type.ts',
    './value.ts',
  ]);
});

test('what looks like an import in a comment or a string is none', () => {
  const text = "// import './a.ts';\n/* from './b.ts' */\nconst s = \"import x from './c.ts'\";\n";
  assert.deepEqual(imports(text), []);
});

test('code is told from strings, templates, comments and regular expressions', () => {
  const text = [
    'const a = `x ${call({ b: "s" })} y`; // gone',
    'const c = /[/"]\\/`/u.test(d) ? 1 / 2 : e / f;',
    "const g = 'it\\'s';/* gone */h();",
  ].join('\n');
  const { code } = readSource('x.ts', text);
  assert.equal(code.length, text.length);
  assert.match(code, /call\(\{ b: {5}\}\)/);
  assert.match(code, /\.test\(d\) \? 1 \/ 2 : e \/ f;/);
  assert.match(code, /h\(\);$/);
  assert.doesNotMatch(code, /gone|it|x /);
});
