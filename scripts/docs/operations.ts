import { type Operation, type OperationContext, operations } from '../../src/api/index.ts';
import { OssError } from '../../src/errors/index.ts';
import { levelTitles } from './levels.ts';
import { printedNote, renderTable } from './table.ts';

function describeQuery(operation: Operation): string {
  const parts = Object.entries(operation.query).map(([name, requirement]) => {
    if (requirement === 'flag') return `\`${name}\``;
    if (requirement === 'given') return `\`${name}\` with a value`;
    if (requirement === 'absent') return `no \`${name}\``;
    if ('is' in requirement) return `\`${name}=${requirement.is}\``;
    return `\`${name}\` not \`${requirement.not}\``;
  });
  if (operation.copySource === true) parts.push('with `x-oss-copy-source`');
  if (operation.copySource === false) parts.push('without `x-oss-copy-source`');
  return parts.join(', ');
}

function describeBytes(count: number): string {
  if (count === 0) return '';
  return count % (1024 * 1024) === 0 ? `${count / 1024 / 1024} MiB` : `${count / 1024} KiB`;
}

/** What a row that is not implemented answers: asked of the row itself, so it cannot be wrong. */
async function answerOf(operation: Operation): Promise<string> {
  if (operation.isImplemented) return 'yes';
  const target = { level: operation.on, bucket: 'bucket', key: '' };
  try {
    await operation.act({ operation, target } as unknown as OperationContext);
  } catch (error) {
    if (error instanceof OssError) return `\`${error.code}\``;
    throw error;
  }
  throw new Error(`${operation.name} is marked as not implemented, yet it answers`);
}

async function renderLevel(level: Operation['on'], title: string): Promise<string> {
  const rows: string[][] = [];
  for (const operation of operations) {
    if (operation.on !== level) continue;
    rows.push([
      operation.name,
      operation.method,
      describeQuery(operation),
      operation.isImplemented ? operation.access : '',
      operation.isImplemented ? `\`${operation.action}\`` : '',
      describeBytes(operation.documentBytesMax),
      await answerOf(operation),
    ]);
  }
  const head = ['operation', 'method', 'query', 'who may', 'action', 'document', 'answered'];
  return `## ${title}\n\n${renderTable(head, rows)}\n`;
}

/** docs/operations.md as it must be for the table of operations as it is. */
export async function renderOperations(): Promise<string> {
  const done = operations.filter(({ isImplemented }) => isImplemented).length;
  const sections: string[] = [];
  for (const [level, title] of levelTitles) sections.push(await renderLevel(level, title));
  return `${printedNote}

# Operations

Every operation of the public API reference, from \`src/api/operations.ts\`: ${done} of
${operations.length} rows are answered. The others say so by name: \`NotImplemented\`, or the code
that the reference has for "there is no such configuration" where only the reading of a document is
asked that nobody can have written. Nothing is ever ignored or read as another operation.

*who may*: \`anyone\`; \`account\`, any signed caller; \`owner\`, the account that owns the bucket;
\`object-read\` and \`object-write\`, by the ACL of object and bucket. *document*: the largest
configuration document that is read.

${sections.join('\n')}`;
}
