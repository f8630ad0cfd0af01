/** `cnamed user`, `cnamed group`, `cnamed role`: on the stores, beside a running server. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { createIdentities, type Identities, type Identity } from '../accounts/index.ts';
import { onAccounts, printNewKey } from './account.ts';
import type { CliContext } from './context.ts';
import { CliFailure, exitCodes } from './failure.ts';
import { readText } from './files.ts';
import { addJsonFlag, addSettingFlags, type Flags, storeSettings, textFlag } from './flags.ts';
import { formatTime, printFacts, printJson, printLine, printTable } from './print.ts';
import type { OpenedEngines } from './types.ts';

type Kind = Identity['kind'];

/** The account whose users and roles are meant, unless another is named. */
const accountByDefault = 'root';

export function addAccountFlag(command: Command): Command {
  return command.option('--account <name-or-id>', 'the account it belongs to', accountByDefault);
}

export function accountOf(flags: Flags): string {
  return textFlag(flags, 'account') ?? accountByDefault;
}

export function onIdentities<T>(
  context: CliContext,
  flags: Flags,
  work: (identities: Identities, engines: OpenedEngines) => Promise<T>,
): Promise<T> {
  return onAccounts(context, flags, (engines) =>
    work(createIdentities({ engine: engines.metadata, world: context.world }), engines),
  );
}

/** Text of a document; `-` is no file here: what is kept should be in one. */
export async function readDocument(context: CliContext, path: string): Promise<string> {
  try {
    return await readText(context.world.disk, resolve(context.currentFolder, path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`${path} cannot be read: ${reason}.`, { exitCode: exitCodes.usage });
  }
}

interface Group {
  readonly context: CliContext;
  readonly kind: Kind;
  add(usage: string, description: string): Command;
  /** Says what was done, in a line or as JSON. */
  tell(flags: Flags, line: string, facts: Readonly<Record<string, unknown>>): void;
}

function openGroup(program: Command, context: CliContext, kind: Kind, about: string): Group {
  const group = program.command(kind).description(about);
  return {
    context,
    kind,
    add: (usage, description) =>
      addAccountFlag(
        addJsonFlag(addSettingFlags(group.command(usage).description(description), storeSettings)),
      ),
    tell(flags, line, facts) {
      if (flags.json) printJson(context.stdout, facts);
      else printLine(context.stdout, line);
    },
  };
}

export function addIdentityCommands(program: Command, context: CliContext): void {
  const users = openGroup(program, context, 'user', 'users of an account, and their keys');
  addUserCommands(users);
  addSharedCommands(users);
  const groups = openGroup(program, context, 'group', 'groups of users that share policies');
  addGroupCommands(groups);
  addSharedCommands(groups);
  const roles = openGroup(program, context, 'role', 'roles that users take for a while (STS)');
  addRoleCommands(roles);
  addSharedCommands(roles);
}

function addUserCommands({ add, context, tell }: Group): void {
  add('create <name>', 'create a user with a first access key (the secret is shown once)')
    .addHelpText('after', `\nExample:\n  ${context.program} user create ci --json`)
    .action(async (name: string, flags: Flags) => {
      const made = await onIdentities(context, flags, async (identities, { accounts }) => {
        const user = await identities.create(accountOf(flags), 'user', name);
        return { user, key: await accounts.createKey(user.accountId, user.id) };
      });
      printNewKey(context, made.key, flags, made.user.id);
    });

  add('key <name>', 'create a further access key of a user').action(
    async (name: string, flags: Flags) => {
      const made = await onIdentities(context, flags, async (identities, { accounts }) => {
        const { identity } = await identities.show(accountOf(flags), 'user', name);
        const key = await accounts.createKey(identity.accountId, identity.id);
        return { key, userId: identity.id };
      });
      printNewKey(context, made.key, flags, made.userId);
    },
  );

  for (const [verb, standing] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const) {
    const description = standing === 'disabled' ? 'refuse all keys of a user' : 'accept them again';
    add(`${verb} <name>`, description).action(async (name: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.setStanding(accountOf(flags), name, standing),
      );
      tell(flags, `user ${name} is ${standing}`, { user: name, standing });
    });
  }
}

function addGroupCommands({ add, context, tell }: Group): void {
  add('create <name>', 'create a group').action(async (name: string, flags: Flags) => {
    const group = await onIdentities(context, flags, (identities) =>
      identities.create(accountOf(flags), 'group', name),
    );
    tell(flags, `group ${name} is created`, shownIdentity(group));
  });
  add('add <group> <user>', 'put a user into a group').action(
    async (group: string, user: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.addMember(accountOf(flags), group, user),
      );
      tell(flags, `user ${user} is in group ${group}`, { group, user, isMember: true });
    },
  );
  add('remove <group> <user>', 'take a user out of a group').action(
    async (group: string, user: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.removeMember(accountOf(flags), group, user),
      );
      tell(flags, `user ${user} is not in group ${group}`, { group, user, isMember: false });
    },
  );
}

function addRoleCommands({ add, context, tell }: Group): void {
  const withRole = (command: Command): Command =>
    command
      .option('--trust <file>', 'JSON of who may take it [default: everybody of the account]')
      .option('--max-session <seconds>', 'the longest session, 3600 to 43200', parseSeconds);
  const read = async (flags: Flags) => {
    const trust = textFlag(flags, 'trust');
    const { maxSession } = flags;
    return {
      trustPolicy: trust === undefined ? undefined : await readDocument(context, trust),
      sessionSecondsMax: typeof maxSession === 'number' ? maxSession : undefined,
    };
  };
  withRole(add('create <name>', 'create a role'))
    .addHelpText(
      'after',
      `\nExample:\n  ${context.program} role create uploader --trust trust.json`,
    )
    .action(async (name: string, flags: Flags) => {
      const given = await read(flags);
      const role = await onIdentities(context, flags, (identities) =>
        identities.createRole(accountOf(flags), name, given),
      );
      tell(flags, `role acs:ram::${role.accountId}:role/${name} is created`, shownIdentity(role));
    });
  withRole(add('change <name>', 'change a role; sessions that stand end')).action(
    async (name: string, flags: Flags) => {
      const given = await read(flags);
      await onIdentities(context, flags, (identities) =>
        identities.changeRole(accountOf(flags), name, given),
      );
      tell(flags, `role ${name} is changed, and its sessions have ended`, { role: name });
    },
  );
}

function parseSeconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of seconds.');
}

function addSharedCommands(group: Group): void {
  const { add, context, kind, tell } = group;
  add('list', `list ${kind}s`).action(async (flags: Flags) => {
    const found = await onIdentities(context, flags, (identities) =>
      identities.list(accountOf(flags), kind),
    );
    if (flags.json) {
      printJson(context.stdout, found.map(shownIdentity));
      return;
    }
    const rows = found.map((one) => [
      one.id,
      one.name,
      one.standing,
      formatTime(one.createdAt) ?? '',
    ]);
    printTable(context.stdout, [kind.toUpperCase(), 'NAME', 'STANDING', 'CREATED'], rows);
  });

  add('show <name>', `show a ${kind}`).action((name: string, flags: Flags) =>
    show(group, name, flags),
  );

  const what = kind === 'user' ? 'with all keys' : 'and what hangs on it';
  add('delete <name>', `delete a ${kind}, ${what}`).action(async (name: string, flags: Flags) => {
    await onIdentities(context, flags, (identities) =>
      identities.remove(accountOf(flags), kind, name),
    );
    tell(flags, `${kind} ${name} is deleted`, { [kind]: name, isDeleted: true });
  });

  add('attach <name> <policy>', `give a ${kind} what a policy says`).action(
    async (name: string, policy: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.attach(accountOf(flags), kind, name, policy),
      );
      const facts = { [kind]: name, policy, isAttached: true };
      tell(flags, `policy ${policy} is attached to ${kind} ${name}`, facts);
    },
  );
  add('detach <name> <policy>', `take a policy from a ${kind}`).action(
    async (name: string, policy: string, flags: Flags) => {
      await onIdentities(context, flags, (identities) =>
        identities.detach(accountOf(flags), kind, name, policy),
      );
      const facts = { [kind]: name, policy, isAttached: false };
      tell(flags, `policy ${policy} is detached from ${kind} ${name}`, facts);
    },
  );
}

async function show({ context, kind }: Group, name: string, flags: Flags): Promise<void> {
  const found = await onIdentities(context, flags, async (identities, { accounts }) => {
    const details = await identities.show(accountOf(flags), kind, name);
    const keys = await accounts.listKeys(details.identity.accountId);
    return { ...details, keys: keys.filter(({ userId }) => userId === details.identity.id) };
  });
  const { identity, policies, membership, keys } = found;
  const members = membership.map((one) => one.name);
  if (flags.json) {
    const shown = { ...shownIdentity(identity), policies };
    const others = kind === 'user' ? { groups: members } : { members };
    const ids = keys.map(({ accessKeyId, standing }) => ({ accessKeyId, standing }));
    printJson(context.stdout, {
      ...shown,
      ...(kind === 'role' ? {} : others),
      ...(kind === 'user' ? { keys: ids } : {}),
    });
    return;
  }
  printFacts(context.stdout, [
    [`${kind} id`, identity.id],
    ['name', identity.name],
    ['account', identity.accountId],
    ['standing', identity.standing],
    ['created', formatTime(identity.createdAt)],
    ['policies', policies.join(', ') || 'none'],
    [
      kind === 'user' ? 'groups' : 'members',
      kind === 'role' ? undefined : members.join(', ') || 'none',
    ],
    ['keys', kind === 'user' ? keys.map((key) => key.accessKeyId).join(', ') || 'none' : undefined],
    ['arn', kind === 'role' ? `acs:ram::${identity.accountId}:role/${identity.name}` : undefined],
    ['longest session', identity.role && `${identity.role.sessionSecondsMax} s`],
    ['trust', identity.role?.trustPolicy],
  ]);
}

function shownIdentity(identity: Identity): Record<string, unknown> {
  const { id, kind, name, accountId, standing, createdAt, role } = identity;
  return {
    [`${kind}Id`]: id,
    name,
    accountId,
    standing,
    createdAt: new Date(createdAt).toISOString(),
    ...(role === undefined
      ? {}
      : {
          arn: `acs:ram::${accountId}:role/${name}`,
          maxSessionSeconds: role.sessionSecondsMax,
          trustPolicy: role.trustPolicy,
        }),
  };
}
