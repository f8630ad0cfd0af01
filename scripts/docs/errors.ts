import { catalogue, type ErrorCode, refinements } from '../../src/errors/index.ts';
import { printedNote, renderTable } from './table.ts';

/** The first four digits of a second-level code say the area; 9 in front marks our own numbers. */
const areas: readonly (readonly [RegExp, string])[] = [
  [/^.00[23]-/, 'Who asks, and whether they may'],
  [/^.01[67]-/, 'Requests and documents'],
  [/^.015-/, 'Buckets'],
  [/^.026-/, 'Objects'],
  [/^.018-/, 'Custom domains'],
  [/^.099-/, 'The server itself'],
];
const others = 'Others';

function areaOf(code: ErrorCode): string {
  return areas.find(([pattern]) => pattern.test(catalogue[code].ec))?.[1] ?? others;
}

/** Causes with a second-level code of their own, by code and number. */
function renderRefinements(): string {
  const rows = Object.values(refinements)
    .map(({ code, ec, meaning }) => [`\`${code}\``, ec, meaning])
    .sort((one, other) => one.join().localeCompare(other.join(), 'en'));
  return renderTable(['code', 'EC', 'when'], rows);
}

/** docs/errors.md as it must be for the catalogue as it is. */
export function renderErrors(): string {
  const codes = (Object.keys(catalogue) as ErrorCode[]).sort();
  const titles = [...areas.map(([, title]) => title), others];
  const sections = titles.map((title) => {
    const rows = codes
      .filter((code) => areaOf(code) === title)
      .map((code) => {
        const { status, ec, message } = catalogue[code];
        return [`\`${code}\``, String(status), ec, message];
      });
    if (rows.length === 0) return '';
    return `## ${title}\n\n${renderTable(['code', 'status', 'EC', 'message'], rows)}\n\n`;
  });
  return `${printedNote}

# Errors

Every code this server can answer, from \`src/errors/catalogue.ts\`, and every second-level code (EC):
the code's own, and those of [particular causes](#causes-with-a-code-of-their-own) from
\`src/errors/refinements.ts\`. A message may be replaced by one that says more. EC numbers that begin
with 9 are ours: none is published for that error. Neither a code nor an EC is ever reused for
another meaning.

${sections.join('').trimEnd()}

## Causes with a code of their own

The status is that of the code above.

${renderRefinements()}
`;
}
