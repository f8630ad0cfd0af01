/** `cnamed policy`: policies of an account, on the stores, beside a running server. */
import type { Command } from 'commander';
import { isBuiltIn } from '../rights/index.ts';
import type { CliContext } from './context.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings } from './flags.ts';
import { accountOf, addAccountFlag, onIdentities, readDocument } from './identity.ts';
import { printJson, printLine, printTable } from './print.ts';

export function addPolicyCommands(program: Command, context: CliContext): void {
  const group = program.command('policy').description('policies for users, groups and roles');
  const add = (usage: string, description: string): Command =>
    addAccountFlag(
      addJsonFlag(addSettingFlags(group.command(usage).description(description), storeSettings)),
    );

  add('create <name> <file>', 'keep the JSON of a file as a policy, in place of one of that name')
    .addHelpText('after', `\nExample:\n  ${context.program} policy create ReadShop read-shop.json`)
    .action(async (name: string, file: string, flags: Flags) => {
      const document = await readDocument(context, file);
      await onIdentities(context, flags, (identities) =>
        identities.putPolicy(accountOf(flags), name, document),
      );
      if (flags.json) printJson(context.stdout, { policy: name, document });
      else printLine(context.stdout, `policy ${name} is kept`);
    });

  add('list', 'list policies, those that come with the server too').action(async (flags: Flags) => {
    const found = await onIdentities(context, flags, (identities) =>
      identities.listPolicies(accountOf(flags)),
    );
    const shown = found.map(({ name }) => ({ policy: name, isBuiltIn: isBuiltIn(name) }));
    if (flags.json) {
      printJson(context.stdout, shown);
      return;
    }
    const rows = shown.map((one) => [one.policy, one.isBuiltIn ? 'the server' : 'the account']);
    printTable(context.stdout, ['POLICY', 'OF'], rows);
  });

  add('show <name>', 'print the document of a policy').action(
    async (name: string, flags: Flags) => {
      const { document } = await onIdentities(context, flags, (identities) =>
        identities.showPolicy(accountOf(flags), name),
      );
      if (flags.json) printJson(context.stdout, { policy: name, document });
      else printLine(context.stdout, document.trimEnd());
    },
  );

  add('delete <name>', 'delete a policy that is attached to nobody').action(
    async (name: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.removePolicy(accountOf(flags), name),
      );
      if (flags.json) printJson(context.stdout, { policy: name, isDeleted: true });
      else printLine(context.stdout, `policy ${name} is deleted`);
    },
  );
}
