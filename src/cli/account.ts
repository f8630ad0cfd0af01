/** `cnamed account`: on the stores, beside a running server. */
import type { Command } from 'commander';
import type { NewAccessKey, Standing } from '../accounts/index.ts';
import { type CliContext, readConfig, withEngines } from './context.ts';
import { addJsonFlag, addSettingFlags, type Flags, settingFlags, storeSettings } from './flags.ts';
import { formatTime, printFacts, printJson, printLine, printTable } from './print.ts';
import type { OpenedEngines } from './types.ts';

export function addAccountCommands(program: Command, context: CliContext): void {
  const group = program.command('account').description('create, list and disable accounts');
  const add = (usage: string, description: string): Command =>
    addJsonFlag(addSettingFlags(group.command(usage).description(description), storeSettings));

  add('create <name>', 'create an account with its first access key (the secret is shown once)')
    .addHelpText('after', `\nExample:\n  ${context.program} account create alice --json`)
    .action(async (name: string, flags: Flags) => {
      const key = await onAccounts(context, flags, ({ accounts }) => accounts.createAccount(name));
      printNewKey(context, key, flags);
    });

  add('list', 'list accounts').action(async (flags: Flags) => {
    const found = await onAccounts(context, flags, ({ accounts }) => accounts.listAccounts());
    if (flags.json) {
      const list = found.map(({ id, createdAt, ...rest }) => ({
        accountId: id,
        ...rest,
        createdAt: new Date(createdAt).toISOString(),
      }));
      printJson(context.stdout, list);
      return;
    }
    const rows = found.map((account) => [
      account.id,
      account.name,
      account.standing,
      formatTime(account.createdAt) ?? '',
    ]);
    printTable(context.stdout, ['ACCOUNT', 'NAME', 'STANDING', 'CREATED'], rows);
    return;
  });

  const stand = (verb: string, standing: Standing, description: string) =>
    add(`${verb} <name-or-id>`, description).action(async (account: string, flags: Flags) => {
      await onAccounts(context, flags, ({ accounts }) =>
        accounts.setAccountStanding(account, standing),
      );
      if (flags.json) printJson(context.stdout, { account, standing });
      else printLine(context.stdout, `account ${account} is ${standing}`);
    });
  stand('disable', 'disabled', 'refuse all keys of an account; its data and domains stay');
  stand('enable', 'active', 'accept the keys of an account again');
}

export async function onAccounts<T>(
  context: CliContext,
  flags: Flags,
  work: (engines: OpenedEngines) => Promise<T>,
): Promise<T> {
  return withEngines(context, await readConfig(context, settingFlags(flags)), work);
}

/** The only time a secret is shown. */
export function printNewKey(
  context: CliContext,
  key: NewAccessKey,
  flags: Flags,
  userId?: string,
): void {
  const { accountId, accessKeyId, accessKeySecret } = key;
  if (flags.json) {
    printJson(context.stdout, { accountId, userId, accessKeyId, accessKeySecret });
    return;
  }
  printFacts(context.stdout, [
    ['account id', accountId],
    ['user id', userId],
    ['access key id', accessKeyId],
    ['access key secret', accessKeySecret],
  ]);
}
