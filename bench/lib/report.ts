import type { Measured } from './load.ts';

/** One table of results, and what must be said with it. */
export interface Report {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
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
