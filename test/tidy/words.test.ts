/** Words that do not belong, each with the places where they do and why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, readSource, readSources, type Source } from './support/source.ts';

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** `code`: outside comments and strings. `uncommented`: strings too. `text`: everything. */
  readonly over: 'code' | 'uncommented' | 'text';
  /** Which files the rule is about. */
  readonly paths: RegExp;
  /** Files or folders (ending in /) where the word is right, each with the reason. */
  readonly allowed: Readonly<Record<string, string>>;
  /** A line the rule must catch. */
  readonly caught: string;
}

const inSrc = /^src\//;
const everywhere = /./;
const world = { 'src/world/': 'the world is where these come in' };

const rules: readonly Rule[] = [
  {
    name: 'the wall clock comes from the world',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/g,
    over: 'code',
    paths: inSrc,
    allowed: {
      ...world,
      'src/client/': 'runs in other programs, without our world; a clock can be given as an option',
    },
    caught: 'const now = Date.now();',
  },
  {
    name: 'elapsed time comes from the world',
    pattern: /\bperformance\.now\b|\bprocess\.(?:hrtime|uptime)\b/g,
    over: 'code',
    paths: inSrc,
    allowed: world,
    caught: 'const t = performance.now();',
  },
  {
    name: 'timers come from the world',
    pattern: /(?<![.\w])(?:setTimeout|setInterval)\s*\(/g,
    over: 'code',
    paths: inSrc,
    allowed: world,
    caught: 'setTimeout(work, 1);',
  },
  {
    name: 'randomness comes from the world',
    pattern: /\bMath\.random\b|\brandomBytes\s*\(|\brandomUUID\s*\(|\brandomInt\s*\(/g,
    over: 'code',
    paths: inSrc,
    allowed: world,
    caught: 'const id = randomUUID();',
  },
  {
    name: 'the disk comes from the world',
    pattern: /['"](?:node:)?fs(?:\/promises)?['"]/g,
    over: 'uncommented',
    paths: inSrc,
    allowed: world,
    caught: "const fs = await import('node:fs');",
  },
  {
    name: 'the environment is read by the room config',
    pattern: /\bprocess\.env\b/g,
    over: 'code',
    paths: inSrc,
    allowed: { 'src/config/': 'one frozen value out of it', 'src/main.ts': 'hands it to config' },
    caught: 'if (process.env.DEBUG) act();',
  },
  {
    name: 'a server logs, a command line prints through its own output; neither uses the console',
    pattern: /\bconsole\.\w+\s*\(/g,
    over: 'code',
    paths: inSrc,
    allowed: {},
    caught: "console.log('here');",
  },
  {
    name: 'open work names its issue',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))/g,
    over: 'text',
    paths: everywhere,
    allowed: { 'test/tidy/words.test.ts': 'names the words' },
    caught: '// TODO later',
  },
  {
    name: 'no test runs alone and none is left out',
    pattern:
      /\b(?:test|it|describe|suite|t)\.(?:only|skip|todo)\s*\(|\b(?:only|skip|todo):\s*(?:true|['"`])/g,
    over: 'uncommented',
    paths: /^test\//,
    allowed: { 'test/tidy/words.test.ts': 'plants them' },
    caught: "test.only('x', () => {});",
  },
  {
    name: 'no type is any',
    pattern: /\bas any\b|:\s*any\s*(?=[;,)=\]|&>])|<any\b|\bany\[\]/g,
    over: 'code',
    paths: everywhere,
    allowed: {},
    caught: 'const x = y as any;',
  },
  {
    name: 'the compiler is not silenced',
    pattern: /@ts-(?:ignore|nocheck|expect-error)/g,
    over: 'text',
    paths: everywhere,
    allowed: { 'test/tidy/words.test.ts': 'names the words' },
    caught: '// @ts-ignore',
  },
  {
    name: 'lint rules are not silenced without a reason',
    pattern: /biome-ignore(?:-all|-start|-end)? [\w/]+:?\s*$|biome-ignore-all/gm,
    over: 'text',
    paths: everywhere,
    allowed: { 'test/tidy/words.test.ts': 'names it' },
    caught: '// biome-ignore lint/suspicious/noExplicitAny:',
  },
  {
    name: 'no path of one machine',
    pattern: /(?<![\w.$}])\/(?:home|root|Users|work|mnt|opt)\/[\w.-]+/g,
    over: 'text',
    paths: everywhere,
    allowed: { 'test/tidy/words.test.ts': 'plants one' },
    caught: "const data = '/home/someone/data';",
  },
  {
    name: 'erasable syntax only, no default exports',
    pattern:
      /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w|^\s*export\s+default\b|^\s*(?:export\s+)?namespace\s+\w/gm,
    over: 'code',
    paths: everywhere,
    allowed: {},
    caught: 'export default function x() {}',
  },
];

function faultsOf(rule: Rule, source: Source): string[] {
  if (!rule.paths.test(source.path)) return [];
  const isAllowed = Object.keys(rule.allowed).some((place) =>
    place.endsWith('/') ? source.path.startsWith(place) : source.path === place,
  );
  if (isAllowed) return [];
  return [...source[rule.over].matchAll(rule.pattern)].map(
    (match) => `${source.path}:${lineOf(source, match.index)} ${match[0].trim()}`,
  );
}

const sources = readSources('{src,test,scripts,bench,examples}/**/*.ts', 'bin/*.cjs');

for (const rule of rules) {
  test(rule.name, () => {
    const path = ['src/cname/planted.ts', 'test/planted.test.ts'].find((at) => rule.paths.test(at));
    const planted = readSource(path ?? '', rule.caught);
    assert.equal(faultsOf(rule, planted).length, 1, 'the rule catches its own example');
    assert.deepEqual(
      sources.flatMap((source) => faultsOf(rule, source)),
      [],
    );
  });
}
