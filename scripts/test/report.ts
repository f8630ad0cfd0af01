import { relative } from 'node:path';
import type { run } from 'node:test';
import { styleText } from 'node:util';

type TestEvents = ReturnType<typeof run>;
interface Failure {
  readonly file: string;
  readonly name: string;
  readonly line: number | undefined;
  readonly error: unknown;
}

/** The runner's closing counts. */
const countLine = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

/** What the runner wraps around the error of a test says nothing; its cause does. */
function innermost(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined || cause === null ? error : cause;
}

function describeError(error: unknown): string {
  const inner = innermost(error);
  const text = inner instanceof Error ? (inner.stack ?? inner.message) : String(inner);
  return text
    .split('\n')
    .filter((line) => !/^\s+at .*\(?node:/.test(line))
    .map((line) => `    ${line}`)
    .join('\n');
}

/** A suite or a file that failed only because something inside it did is no failure of its own. */
function isEcho(error: unknown): boolean {
  return (error as { failureType?: string }).failureType === 'subtestsFailed';
}

/**
 * Prints one line for each file, the output of files that wrote something, every failure twice
 * (when it happens and at the end), and the runner's own counts. True when nothing failed and
 * something ran.
 */
export async function reportTests(events: TestEvents, root: string): Promise<boolean> {
  const failures: Failure[] = [];
  const counts: string[] = [];
  let hasRun = false;
  let isSuccess = false;
  const name = (file: string | undefined) => (file ? relative(root, file) : '');
  const show = (failure: Failure) =>
    process.stdout.write(
      `${styleText('red', 'FAIL')} ${failure.file}:${failure.line ?? 1} ${failure.name}\n` +
        `${describeError(failure.error)}\n`,
    );

  for await (const event of events) {
    if (event.type === 'test:fail' && !isEcho(event.data.details.error)) {
      const { file, line, name: title, details, todo, skip } = event.data;
      if (todo !== undefined || skip !== undefined) continue;
      const failure = { file: name(file), name: title, line, error: details.error };
      failures.push(failure);
      show(failure);
    } else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      process.stdout.write(event.data.message);
    } else if (event.type === 'test:diagnostic') {
      const { file, message } = event.data;
      if (file === undefined && countLine.test(message)) counts.push(message);
      else if (message.startsWith('seed '))
        process.stdout.write(`     ${name(file)}: ${message}\n`);
    } else if (event.type === 'test:summary') {
      const { file, counts: seen, duration_ms: ms, success } = event.data;
      if (file === undefined) {
        isSuccess = success;
        hasRun = seen.tests > 0;
      } else {
        const verdict = success ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
        const seconds = (ms / 1000).toFixed(1);
        process.stdout.write(`${verdict} ${name(file)} (${seen.tests} tests, ${seconds} s)\n`);
      }
    }
  }

  if (failures.length > 0) process.stdout.write(`\n${failures.length} failures:\n`);
  for (const failure of failures) show(failure);
  process.stdout.write(`\n${counts.map((line) => `# ${line}`).join('\n')}\n`);
  if (!hasRun) process.stdout.write('No test ran.\n');
  return isSuccess && hasRun && failures.length === 0;
}
