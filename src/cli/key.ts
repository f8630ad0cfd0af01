/** `cnamed key`: access keys, on the stores, beside a running server. */
import type { Command } from 'commander';
import type { Standing } from '../accounts/index.ts';
import { onAccounts, printNewKey } from './account.ts';
import type { CliContext } from './context.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings } from './flags.ts';
import { formatTime, printJson, printLine, printTable } from './print.ts';

export function addKeyCommands(program: Command, context: CliContext): void {
  const group = program.command('key').description('create, list and disable access keys');
  const add = (usage: string, description: string): Command =>
    addJsonFlag(addSettingFlags(group.command(usage).description(description), storeSettings));

  add('create <account>', 'create a further key of an account, by name or id')
    .addHelpText('after', `\nExample:\n  ${context.program} key create alice`)
    .action(async (account: string, flags: Flags) => {
      const key = await onAccounts(context, flags, ({ accounts }) => accounts.createKey(account));
      printNewKey(context, key, flags);
    });

  add('list', 'list access keys, without their secrets')
    .option('--account <name-or-id>', 'only those of this account')
    .action((flags: Flags) => listKeys(context, flags));

  const stand = (verb: string, standing: Standing, description: string) =>
    add(`${verb} <access-key-id>`, description).action(async (id: string, flags: Flags) => {
      await onAccounts(context, flags, ({ accounts }) => accounts.setKeyStanding(id, standing));
      if (flags.json) printJson(context.stdout, { accessKeyId: id, standing });
      else printLine(context.stdout, `key ${id} is ${standing}`);
    });
  stand('disable', 'disabled', 'refuse a key from now on');
  stand('enable', 'active', 'accept a key again');
}

async function listKeys(context: CliContext, flags: Flags): Promise<void> {
  const account = typeof flags.account === 'string' ? flags.account : undefined;
  const keys = await onAccounts(context, flags, ({ accounts }) => accounts.listKeys(account));
  if (flags.json) {
    const list = keys.map(({ accessKeyId, accountId, userId, standing, createdAt }) => ({
      accessKeyId,
      accountId,
      userId,
      standing,
      createdAt: new Date(createdAt).toISOString(),
    }));
    printJson(context.stdout, list);
    return;
  }
  const rows = keys.map((key) => [
    key.accessKeyId,
    key.accountId,
    key.userId ?? '',
    key.standing,
    formatTime(key.createdAt) ?? '',
  ]);
  printTable(context.stdout, ['ACCESS KEY', 'ACCOUNT', 'USER', 'STANDING', 'CREATED'], rows);
}
