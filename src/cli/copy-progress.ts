/** How far a copy has got, at which rate, and how long it will take. */
import type { CopyProgress } from '../copying/index.ts';
import type { CliContext } from './context.ts';
import { formatBytes, formatSpan } from './print.ts';
import type { Progress } from './progress.ts';

/** A line that changes may change often; a log must stay readable. */
const onTerminalMs = 250;
const inLogMs = 10_000;

/** Rates of the first moments say nothing. */
const rateAfterMs = 2_000;

const steps: Readonly<Record<CopyProgress['step'], string>> = {
  remove: 'looking for what is gone',
  rows: 'copying',
  objects: 'copying',
  check: 'checking the objects in the target',
  compare: 'comparing',
};

export class CopyProgressLine {
  readonly #line: Progress;
  readonly #context: Pick<CliContext, 'stderr' | 'world'>;
  #subject = '';
  #shownAt = Number.NEGATIVE_INFINITY;
  #startedAt = 0;

  constructor(line: Progress, context: Pick<CliContext, 'stderr' | 'world'>) {
    this.#line = line;
    this.#context = context;
  }

  show(progress: CopyProgress): void {
    const now = this.#context.world.clock.monotonicMs();
    const subject = `${progress.step} ${progress.step === 'compare' ? '' : progress.table}`;
    if (subject !== this.#subject) {
      this.#subject = subject;
      this.#startedAt = now;
    } else if (now - this.#shownAt < (this.#context.stderr.isTTY ? onTerminalMs : inLogMs)) return;
    this.#shownAt = now;
    this.#line.say(describe(progress, now - this.#startedAt));
  }

  finish(): void {
    this.#line.finish();
  }
}

function describe(progress: CopyProgress, elapsedMs: number): string {
  const { step, table, done, total, bytesDone, bytesTotal } = progress;
  const what = step === 'compare' || table === undefined ? '' : ` ${table.replaceAll('_', ' ')}`;
  const parts = [`${steps[step]}${what}`];
  if (total !== undefined) parts[0] += `: ${formatCount(done)} of ${formatCount(total)}`;
  // The first of them only says that a step has begun.
  else if (done > 1) parts[0] += `: ${formatCount(done)}`;
  if (step === 'objects') parts.push(`${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`);
  if (elapsedMs >= rateAfterMs && done > 0) {
    parts.push(`${formatCount(Math.round((done * 1000) / elapsedMs))}/s`);
    if (step === 'objects') parts.push(`${formatBytes((bytesDone * 1000) / elapsedMs)}/s`);
    const left = leftMs(progress, elapsedMs);
    if (left !== undefined) parts.push(`${formatSpan(left)} left`);
  }
  return parts.join(', ');
}

/** By whichever takes longer: many small objects, or many bytes. */
function leftMs(progress: CopyProgress, elapsedMs: number): number | undefined {
  const { done, total, bytesDone, bytesTotal } = progress;
  if (total === undefined) return undefined;
  const byCount = (elapsedMs / done) * Math.max(0, total - done);
  const byBytes = bytesDone > 0 ? (elapsedMs / bytesDone) * Math.max(0, bytesTotal - bytesDone) : 0;
  return Math.max(byCount, byBytes);
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
