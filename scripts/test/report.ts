import { relative } from 'node:path';
import type { run } from 'node:test';
import { styleText } from 'node:util';

type TestEvents = ReturnType<typeof run>;
interface Failure {
  /** File and line, with the edition where there are several. */
  readonly place: string;
  readonly name: string;
  readonly error: unknown;
}

/** The runner's closing counts. */
const countLine = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

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
 * (when it happens and at the end), and the runner's own counts, summed over the runs it followed.
 */
export class TestReport {
  readonly #root: string;
  readonly #isNamingEditions: boolean;
  readonly #failures: Failure[] = [];
  readonly #counts = new Map<string, number>();
  readonly #startedAt = performance.now();
  #areAllGood = true;

  constructor(root: string, isNamingEditions: boolean) {
    this.#root = root;
    this.#isNamingEditions = isNamingEditions;
  }

  /** Resolves when the run of this edition is over. Several may be followed at once. */
  async follow(events: TestEvents, edition: string): Promise<void> {
    let isSuccess = false;
    const suffix = this.#isNamingEditions ? ` [${edition}]` : '';
    const name = (file: string | undefined) => (file ? relative(this.#root, file) + suffix : '');
    for await (const event of events) {
      if (event.type === 'test:fail' && !isEcho(event.data.details.error)) {
        const { file, line, name: title, details, todo, skip } = event.data;
        if (todo !== undefined || skip !== undefined) continue;
        const place = `${file ? relative(this.#root, file) : ''}:${line ?? 1}${suffix}`;
        const failure = { place, name: title, error: details.error };
        this.#failures.push(failure);
        show(failure);
      } else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
        process.stdout.write(event.data.message);
      } else if (event.type === 'test:diagnostic') {
        const { file, message } = event.data;
        if (file === undefined) this.#count(message);
        else if (message.startsWith('seed '))
          process.stdout.write(`     ${name(file)}: ${message}\n`);
      } else if (event.type === 'test:summary') {
        const { file, counts: seen, duration_ms: ms, success } = event.data;
        if (file === undefined) {
          isSuccess = success && seen.tests > 0;
        } else {
          const verdict = success ? styleText('green', 'ok  ') : styleText('red', 'FAIL');
          const seconds = (ms / 1000).toFixed(1);
          process.stdout.write(`${verdict} ${name(file)} (${seen.tests} tests, ${seconds} s)\n`);
        }
      }
    }
    this.#areAllGood &&= isSuccess;
  }

  #count(message: string): void {
    const [, key = '', value] = countLine.exec(message) ?? [];
    if (value !== undefined) this.#counts.set(key, (this.#counts.get(key) ?? 0) + Number(value));
  }

  /** True when nothing failed and something ran in every run. */
  close(): boolean {
    if (this.#failures.length > 0) process.stdout.write(`\n${this.#failures.length} failures:\n`);
    for (const failure of this.#failures) show(failure);
    // Runs overlap: their durations do not add up.
    this.#counts.set('duration_ms', performance.now() - this.#startedAt);
    const lines = [...this.#counts].map(([key, value]) => `# ${key} ${value}\n`);
    process.stdout.write(`\n${lines.join('')}`);
    const hasRun = (this.#counts.get('tests') ?? 0) > 0;
    if (!hasRun) process.stdout.write('No test ran.\n');
    return this.#areAllGood && hasRun && this.#failures.length === 0;
  }
}

function show({ place, name, error }: Failure): void {
  const head = `${styleText('red', 'FAIL')} ${place} ${name}`;
  process.stdout.write(`${head}\n${describeError(error)}\n`);
}
