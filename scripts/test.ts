/**
 * `npm test`: types, style, then every suite, tidy first. `node scripts/test.ts PATTERN...` runs
 * the suites whose path contains one of the patterns, without types and style.
 *
 * Exit code 0 only when every step passed and at least one test ran. Counts are those of node's
 * test runner.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { postgresVariable, startKeeper } from '../test/support/postgres.ts';
import { reportTests } from './test/report.ts';

const nodeMajorMin = 24;
/** A test that is not done by then has hung: it fails, and the others go on. */
const testTimeoutMs = 120_000;
/** So has a file whose process is still there by then (scripts/test/deadline.ts). */
const fileDeadlineMs = 180_000;
/** The last resort, for a loop that no timer can interrupt. */
const wholeRunMs = 30 * 60_000;
/** More files at once than this disturb each other on two cores without ending sooner. */
const filesAtOnceMax = 4;
const root = resolve(import.meta.dirname, '..');
/**
 * Cheap and telling first: a broken rule of the house is better read before ten minutes of tests.
 */
const order = ['test/tidy/', 'test/rooms/', 'test/contract/', 'test/api/', 'test/life/'];

function checkRuntime(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= nodeMajorMin) return;
  process.stderr.write(
    `The tests need Node ${nodeMajorMin} or newer; this is ${process.version} (${process.execPath}).\n` +
      'Start them with "npm test": npm puts the Node that "npm ci" installed first on the path.\n',
  );
  process.exit(1);
}

function step(name: string, script: string, args: readonly string[]): boolean {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, [resolve(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n`);
  return status === 0;
}

function findSuites(patterns: readonly string[]): string[] {
  const rank = (path: string) => {
    const found = order.findIndex((folder) => path.startsWith(folder));
    return found === -1 ? order.length : found;
  };
  return globSync('test/**/*.test.ts', { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => patterns.length === 0 || patterns.some((text) => path.includes(text)))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** One database server for all suites that use one, unless the environment names another. */
async function startPostgresFor(
  files: readonly string[],
): Promise<{ stop(): Promise<void> } | undefined> {
  const isUsed = files.some((path) =>
    readFileSync(resolve(root, path), 'utf8').includes('support/postgres.ts'),
  );
  if (!isUsed || process.env[postgresVariable]) return undefined;
  const server = await startKeeper();
  process.env[postgresVariable] = server.url;
  return server;
}

async function main(patterns: readonly string[]): Promise<boolean> {
  checkRuntime();
  let isGood = true;
  if (patterns.length === 0) {
    isGood = step('types', 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', root]) && isGood;
    const style = ['check', '--error-on-warnings', '--max-diagnostics=30', root];
    isGood = step('style', 'node_modules/@biomejs/biome/bin/biome', style) && isGood;
  }
  const files = findSuites(patterns.map((text) => relative(root, resolve(root, text)) || text));
  if (files.length === 0) {
    process.stderr.write(`No suite below test/ has ${patterns.join(' or ')} in its path.\n`);
    return false;
  }
  const postgres = await startPostgresFor(files);
  const events = run({
    cwd: root,
    files: files.map((path) => resolve(root, path)),
    concurrency: Math.min(filesAtOnceMax, Math.max(2, availableParallelism())),
    timeout: testTimeoutMs,
    signal: AbortSignal.timeout(wholeRunMs),
    execArgv: ['--import', resolve(root, 'scripts/test/deadline.ts')],
    env: { ...process.env, CNAMED_TEST_FILE_DEADLINE_MS: String(fileDeadlineMs) },
  });
  const areTestsGood = await reportTests(events, root);
  await postgres?.stop();
  if (!isGood) process.stdout.write('FAIL types or style: see the top of this output\n');
  return isGood && areTestsGood;
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
