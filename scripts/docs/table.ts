/** A Markdown table; cells are escaped, so a table's texts cannot break it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** First line of every printed page, so that nobody edits it by hand. */
export const printedNote = '<!-- Printed by `npm run docs` from the table named below. -->';
