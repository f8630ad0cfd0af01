/**
 * `npm test`: types, style, then every suite, tidy first, on every edition of the server that it
 * depends on (scripts/test/editions.ts).
 *
 *     node scripts/test.ts [--edition NAME]... PATTERN...
 *
 * runs the suites whose path contains one of the patterns, without types and style, and with
 * `--edition postgres+s3` on that edition alone.
 *
 * Exit code 0 only when every step passed and at least one test ran. Counts are those of node's
 * test runner, over all editions.
 */
import { spawnSync } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { postgresVariable, startKeeper } from '../test/support/postgres.ts';
import { editions, editionsOf, environmentOf, root, usesPostgres } from './test/editions.ts';
import { TestReport } from './test/report.ts';

const nodeMajorMin = 24;
/** A test that is not done by then has hung: it fails, and the others go on. */
const testTimeoutMs = 120_000;
/** So has a file whose process is still there by then (scripts/test/deadline.ts). */
const fileDeadlineMs = 180_000;
/** Where bin/cnamed.cjs keeps its own: most of the time of a small suite was compiling. */
const compiled = resolve(root, 'node_modules/.cache/cnamed');
/** The last resort, for a loop that no timer can interrupt. */
const wholeRunMs = 30 * 60_000;
/** More files at once than this disturb each other on two cores without ending sooner. */
const filesAtOnceMax = 4;
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

/** One suite on one edition. */
interface Job {
  readonly edition: string;
  readonly suite: string;
}

/** In the order of the suites; each on all its editions before the next. */
function jobsOf(suites: readonly string[], asked: readonly string[]): Job[] {
  const isAsked = (edition: string) => asked.length === 0 || asked.includes(edition);
  return suites.flatMap((suite) => {
    const { possible, usual } = editionsOf(suite);
    const chosen = (asked.length > 0 ? possible : usual).filter(isAsked);
    return chosen.map((edition) => ({ edition, suite }));
  });
}

/** One database server for all suites that use one, unless the environment names another. */
async function startPostgresFor(
  jobs: readonly Job[],
): Promise<{ stop(): Promise<void> } | undefined> {
  const isUsed = jobs.some(
    ({ edition, suite }) => edition.startsWith('postgres') || usesPostgres(suite),
  );
  if (!isUsed || process.env[postgresVariable]) return undefined;
  const server = await startKeeper();
  process.env[postgresVariable] = server.url;
  return server;
}

/** Each lane takes the next job when it is done with one: no core is idle before the end. */
async function runJobs(jobs: readonly Job[]): Promise<boolean> {
  const report = new TestReport(
    root,
    jobs.some(({ edition }) => edition !== editions[0]),
  );
  const lanes = Math.min(filesAtOnceMax, Math.max(2, availableParallelism()));
  const signal = AbortSignal.timeout(wholeRunMs);
  setMaxListeners(0, signal);
  const waiting = [...jobs];
  async function lane(): Promise<void> {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const events = run({
        cwd: root,
        files: [resolve(root, job.suite)],
        timeout: testTimeoutMs,
        signal,
        execArgv: ['--import', resolve(root, 'scripts/test/deadline.ts')],
        env: {
          ...process.env,
          ...environmentOf(job.edition),
          CNAMED_TEST_FILE_DEADLINE_MS: String(fileDeadlineMs),
        },
      });
      await report.follow(events, job.edition);
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane));
  return report.close();
}

async function main(): Promise<boolean> {
  checkRuntime();
  process.env.NODE_COMPILE_CACHE ??= compiled;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { edition: { type: 'string', multiple: true, default: [] } },
  });
  const unknown = values.edition.find((name) => !editions.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no edition ${unknown}: ${editions.join(', ')}.\n`);
    return false;
  }
  let isGood = true;
  if (positionals.length === 0 && values.edition.length === 0) {
    isGood = step('types', 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', root]) && isGood;
    const style = ['check', '--error-on-warnings', '--max-diagnostics=30', root];
    isGood = step('style', 'node_modules/@biomejs/biome/bin/biome', style) && isGood;
  }
  const suites = findSuites(positionals.map((text) => relative(root, resolve(root, text)) || text));
  if (suites.length === 0) {
    process.stderr.write(`No suite below test/ has ${positionals.join(' or ')} in its path.\n`);
    return false;
  }
  const jobs = jobsOf(suites, values.edition);
  if (jobs.length === 0) {
    const [first = ''] = suites;
    process.stderr.write(
      `${suites.length} suites match, none runs on ${values.edition.join(' or ')}: ` +
        `${first} runs on ${editionsOf(first).possible.join(', ')}.\n`,
    );
    return false;
  }
  const postgres = await startPostgresFor(jobs);
  const areTestsGood = await runJobs(jobs);
  await postgres?.stop();
  if (!isGood) process.stdout.write('FAIL types or style: see the top of this output\n');
  return isGood && areTestsGood;
}

process.exitCode = (await main()) ? 0 : 1;
