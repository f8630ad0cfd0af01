/** `cnamed master-key`: a new key over everything that is sealed, beside a running server. */
import type { Command } from 'commander';
import { resealContentKeys } from '../buckets/index.ts';
import { resealCallbackKey } from '../callbacks/index.ts';
import { resealPrivateKeys } from '../certificates/index.ts';
import { onAccounts } from './account.ts';
import type { CliContext } from './context.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings } from './flags.ts';
import { printJson, printLine } from './print.ts';
import type { OpenedEngines } from './types.ts';

export function addMasterKeyCommands(program: Command, context: CliContext): void {
  const group = program.command('master-key').description('rotate the key that seals secrets');
  const add = (usage: string, description: string): Command =>
    addJsonFlag(addSettingFlags(group.command(usage).description(description), storeSettings));

  add('rotate', 'add a new master key and re-wrap every secret and every key under it').action(
    (flags: Flags) =>
      onAccounts(context, flags, async (engines) => {
        await engines.sealer.rotate();
        await rewrapAll(context, engines, flags);
      }),
  );
  add(
    'rewrap',
    'bring everything under the newest master key; finishes a rotation cut short',
  ).action((flags: Flags) =>
    onAccounts(context, flags, (engines) => rewrapAll(context, engines, flags)),
  );
}

async function rewrapAll(context: CliContext, engines: OpenedEngines, flags: Flags): Promise<void> {
  const { accounts, metadata, sealer } = engines;
  const secrets = await accounts.resealSecrets();
  const hasCallbackKey = await resealCallbackKey(metadata.settings, sealer);
  const certificateKeys = await resealPrivateKeys(metadata.certificates, sealer);
  const privateKeys = certificateKeys + Number(hasCallbackKey);
  const contentKeys = await resealContentKeys(metadata, sealer);
  const version = sealer.currentVersion;
  if (flags.json) {
    printJson(context.stdout, { version, secrets, privateKeys, contentKeys });
    return;
  }
  printLine(
    context.stdout,
    `master key ${version} is current; re-wrapped ${secrets} secrets, ${privateKeys} private keys` +
      `, ${contentKeys} keys of objects`,
  );
  printLine(
    context.stderr,
    '  next: copy the master key file to your backup; backups of before still need the old keys',
  );
}
