/** What we depend on: exact, locked by hash, explained, and really used. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { importsOf, readSources, root } from './support/source.ts';

function read(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

type Versions = Readonly<Record<string, string>>;
const manifest: {
  dependencies: Versions;
  devDependencies: Versions;
  optionalDependencies: Versions;
} = JSON.parse(read('package.json'));
const lock: {
  packages: Readonly<
    Record<
      string,
      {
        version?: string;
        integrity?: string;
        resolved?: string;
        hasInstallScript?: boolean;
        optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
} = JSON.parse(read('package-lock.json'));

const runtime = manifest.dependencies;
const development = manifest.devDependencies;
const all = { ...runtime, ...development, ...manifest.optionalDependencies };

test('every version is exact', () => {
  const loose = Object.entries(all).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version),
  );
  assert.deepEqual(loose, []);
});

test('the lock file has a hash and no address for every package', () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  assert.ok(packages.length > 50);
  const faults = packages.filter(([, entry]) => !entry.integrity || entry.resolved !== undefined);
  assert.deepEqual(
    faults.map(([path]) => path),
    [],
  );
  assert.match(read('.npmrc'), /^omit-lockfile-registry-resolved=true$/m);
});

test('the lock file has an entry for every platform, or npm ci refuses it', () => {
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter(
      (name) => lock.packages[`node_modules/${name}`]?.version === undefined,
    ),
  );
  assert.deepEqual(missing, []);
});

test('no install script runs', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
});

test('every dependency has a line in docs/decisions/0003-dependencies.md', () => {
  const page = read('docs/decisions/0003-dependencies.md');
  const lines = page.split('\n').filter((line) => line.startsWith('|'));
  const missing = Object.keys(all).filter(
    (name) => !lines.some((line) => line.includes(`\`${name}\``)),
  );
  assert.deepEqual(missing, []);
  const named = lines.flatMap((line) =>
    [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
  assert.deepEqual(
    named.filter((name) => !(name in all)),
    [],
    'explained but not depended on',
  );
});

/** Packages used by their command or by the compiler, not by an import. */
const usedOtherwise: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'a command',
  typescript: 'a command',
  'pino-pretty': 'named as a pino transport',
};

test('every dependency is used, and shipped code uses only what is shipped', () => {
  const importedBy = (pattern: string) =>
    new Set(
      readSources(pattern)
        .flatMap((source) => importsOf(source))
        .map(({ specifier }) => specifier)
        .filter((specifier) => !/^(?:\.|node:)/.test(specifier))
        .map((specifier) => specifier.match(/^(?:@[^/]+\/)?[^/]+/)?.[0] ?? ''),
    );
  const shipped = importedBy('src/**/*.ts');
  const anywhere = importedBy('{src,test,scripts,bench,examples}/**/*.ts');
  assert.deepEqual(
    [...shipped].filter((name) => !(name in runtime) && !(name in manifest.optionalDependencies)),
    [],
    'imported by src but not a dependency',
  );
  assert.deepEqual(
    [...anywhere].filter((name) => !(name in all)),
    [],
    'imported but not depended on',
  );
  const unused = Object.keys({ ...runtime, ...development }).filter(
    (name) => !anywhere.has(name) && !name.startsWith('@types/') && !(name in usedOtherwise),
  );
  assert.deepEqual(unused, []);
});
