/** Tables as people read them, and their places in docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Report } from './report.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const page = resolve(docs, 'benchmarks.md');

function tableOf({ head, rows }: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `stamp` is when, where and with what; one line each. */
export function render(stamp: readonly string[], reports: readonly Report[]): string {
  const parts = reports.flatMap((report) => [
    `### ${report.title}`,
    ...(report.rows.length > 0 ? [tableOf(report)] : []),
    ...report.notes,
    ...(report.pictures ?? []).map(({ name, about }) => `![${about}](images/${name})`),
  ]);
  return [stamp.map((line) => `- ${line}`).join('\n'), ...parts].join('\n\n');
}

const beginOf = (name: string) => `<!-- npm run bench -- ${name} --write -->`;
const end = '<!-- end -->';

/** The page with `text` between the marks of `name`; throws where there are none. */
export function replaceBlock(whole: string, name: string, text: string): string {
  const from = whole.indexOf(beginOf(name));
  const to = whole.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`docs/benchmarks.md has no place for ${name}`);
  return `${whole.slice(0, from)}${beginOf(name)}\n\n${text}\n\n${whole.slice(to)}`;
}

/** Puts the figures of one bench where the page has them, and its pictures beside. */
export function writeToPage(name: string, text: string, reports: readonly Report[]): void {
  writeFileSync(page, replaceBlock(readFileSync(page, 'utf8'), name, text));
  for (const { name: file, svg } of reports.flatMap(({ pictures }) => pictures ?? [])) {
    writeFileSync(resolve(docs, 'images', file), svg);
  }
}
