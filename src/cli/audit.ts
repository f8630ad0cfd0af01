/** `cnamed audit list`: the append-only record of what happened to domains and of roles taken. */
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditRecord } from '../stores/index.ts';
import { onAccounts } from './account.ts';
import type { CliContext } from './context.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings } from './flags.ts';
import { formatTime, printJson, printTable } from './print.ts';

const limitDefault = 50;
const limitMax = 10_000;

export function addAuditCommands(program: Command, context: CliContext): void {
  const group = program
    .command('audit')
    .description('read the record of changes to domains and of roles taken');
  const list = group.command('list').description('newest first');
  addJsonFlag(addSettingFlags(list, storeSettings))
    .option('--domain <domain>', 'only records of this domain')
    .option('--account <id>', 'only records of this account')
    .option('--before <sequence>', 'only records older than this one', readCount)
    .option('--limit <count>', `at most so many (default ${limitDefault})`, readCount)
    .action((flags: Flags) => listAudit(context, flags));
}

function readCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

async function listAudit(context: CliContext, flags: Flags): Promise<void> {
  const records = await onAccounts(context, flags, ({ metadata }) =>
    metadata.audit.listAudit({
      ...(typeof flags.domain === 'string' ? { domain: flags.domain.toLowerCase() } : {}),
      ...(typeof flags.account === 'string' ? { ownerId: flags.account } : {}),
      ...(typeof flags.before === 'number' ? { before: flags.before } : {}),
      limit: Math.min(typeof flags.limit === 'number' ? flags.limit : limitDefault, limitMax),
    }),
  );
  if (flags.json) {
    const list = records.map((record) => ({ ...record, at: new Date(record.at).toISOString() }));
    printJson(context.stdout, list);
    return;
  }
  const heading = ['#', 'TIME', 'ACTION', 'DOMAIN', 'BUCKET', 'BY', 'FROM', 'DETAIL'];
  printTable(context.stdout, heading, records.map(rowOf));
}

function rowOf(record: AuditRecord): string[] {
  return [
    String(record.sequence),
    formatTime(record.at) ?? '',
    record.action,
    record.domain,
    record.bucket,
    record.accessKeyId || record.accountId,
    record.remoteAddress,
    Object.keys(record.detail).length > 0 ? JSON.stringify(record.detail) : '',
  ];
}
