/** Plain output: tables, key-value blocks, JSON. No colour: it must read well in a log too. */
import type { Output } from './types.ts';

export function printLine(output: Output, line = ''): void {
  output.write(`${line}\n`);
}

/** One JSON document, indented for people who look at it. */
export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Columns as wide as their widest cell, under a heading. */
export function printTable(
  output: Output,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = heading.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [heading, ...rows]) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    printLine(output, cells.join('  ').trimEnd());
  }
}

/** `name  value` lines with the values in one column; undefined values are left out. */
export function printFacts(
  output: Output,
  facts: readonly (readonly [name: string, value: string | undefined])[],
  indent = '',
): void {
  const shown = facts.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  for (const [name, value] of shown) {
    printLine(output, `${indent}${name.padEnd(width)}  ${value}`.trimEnd());
  }
}

/** `2026-11-22 09:41:07Z`; times of the command line are UTC. */
export function formatTime(time: Date | number | undefined): string | undefined {
  if (time === undefined) return undefined;
  const iso = new Date(time).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}

/** `2 d 3 h`, `14 min`, `9 s`: the two largest units at most. */
export function formatSpan(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ') || '0 s';
}

/** `0 B`, `9.8 GiB`: in the largest unit that leaves something before the point. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
