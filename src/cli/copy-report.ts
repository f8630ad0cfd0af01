/** What a copy came to, for a person. */
import type { CopyReport } from '../copying/index.ts';
import type { CliContext } from './context.ts';
import { formatBytes, printLine } from './print.ts';

/** The JSON names all of them. */
const damagesShownMax = 20;

export function printCopyReport(context: CliContext, report: CopyReport): void {
  const { stdout } = context;
  const { objects, tables } = report;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const written = tables.reduce((sum, table) => sum + table.written, 0);
  const removed = tables.reduce((sum, table) => sum + table.removed, 0);
  printLine(
    stdout,
    `brought over ${objects.copied} objects (${formatBytes(objects.bytes)}) and ${written} rows; ` +
      `removed ${removed} rows and ${objects.orphansRemoved} left-overs`,
  );
  printLine(
    stdout,
    `compared ${rows} rows in ${tables.length} tables (${report.differing} differ), looked at ` +
      `${objects.checked} objects in the target (${objects.repaired} brought over again)`,
  );
  printDamages(context, report);
  printLine(stdout, report.isComplete ? 'the copy is complete' : 'the copy is not complete yet');
  for (const line of advice(report)) printLine(context.stderr, `  next: ${line}`);
}

function printDamages({ stdout }: CliContext, { damages }: CopyReport): void {
  if (damages.length === 0) return;
  printLine(stdout, `damaged in the source: ${damages.length}`);
  for (const { of, what } of damages.slice(0, damagesShownMax))
    printLine(stdout, `  ${of}: ${what}`);
  const more = damages.length - damagesShownMax;
  if (more > 0) printLine(stdout, `  and ${more} more; --json names all of them`);
}

function advice({ isComplete, isSourceServed, differing, damages }: CopyReport): string[] {
  if (isComplete) {
    return [
      'start a server with the configuration of the target; keep its master key file safe, and ' +
        'do not start the source again beside it',
    ];
  }
  const lines: string[] = [];
  if (isSourceServed) {
    lines.push('a server is running on the source: stop it and run the same command again');
  } else if (differing > 0) {
    lines.push(
      'the source changed meanwhile: stop every server on it and run the same command again',
    );
  }
  if (damages.length > 0) {
    lines.push('restore what is damaged, or go on without it: the same command, --leave-damaged');
  }
  return lines;
}
