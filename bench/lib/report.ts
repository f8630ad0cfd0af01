import type { Measured } from './load.ts';

/** One table of results, and what must be said with it. */
export interface Report {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly pictures?: readonly Picture[];
}

export interface Picture {
  /** Of its file. */
  readonly name: string;
  /** For those who do not see it. */
  readonly about: string;
  readonly svg: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

export interface Aim {
  readonly server: string;
  /** So many times what `server` does for each second of CPU, at least. */
  readonly times: number;
}

/** What of the aims (docs/benchmarks.md) one table shows, a row for each. */
export function besideAims(
  work: string,
  rounds: ReadonlyMap<string, readonly Pick<Measured, 'perCpuSecond'>[]>,
  aims: readonly Aim[],
): string[][] {
  const rateOf = (name: string) =>
    median((rounds.get(name) ?? []).map(({ perCpuSecond }) => perCpuSecond));
  return aims.map(({ server, times }) => {
    const seen = rounds.has(server)
      ? (rateOf('cnamed') / rateOf(server)).toFixed(2)
      : 'not measured';
    return [work, `${times} × ${server}`, seen];
  });
}

/** The last table of a bench; an aim is met where `seen` is no less. */
export function aimsReport(name: string, rows: readonly string[][]): Report {
  return { title: `Aims of ${name}`, head: ['work', 'aim', 'seen'], rows, notes: [] };
}

/** Medians of each server's rounds, beside the first server's. */
export function compareServers(
  title: string,
  rounds: ReadonlyMap<string, readonly Measured[]>,
  notes: readonly string[] = [],
): Report {
  const pick = (measured: readonly Measured[], key: keyof Measured) =>
    median(measured.map((each) => each[key]));
  const [base = []] = [...rounds.values()];
  const rows = [...rounds].map(([name, measured]) => {
    const perSecond = pick(measured, 'perSecond');
    const perCpuSecond = pick(measured, 'perCpuSecond');
    return [
      name,
      round(perSecond),
      (perSecond / pick(base, 'perSecond')).toFixed(2),
      round(perCpuSecond),
      (perCpuSecond / pick(base, 'perCpuSecond')).toFixed(2),
      `${round(pick(measured, 'p99Ms'))} ms`,
      String(measured.reduce((sum, { bad }) => sum + bad, 0)),
    ];
  });
  const head = ['server', 'per second', '×', 'per CPU second', '×', 'p99', 'failed'];
  return { title, head, rows, notes };
}
