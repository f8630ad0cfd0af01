/** Flags made from the settings table, and the settings back out of parsed flags. */
import { type Command, Option } from 'commander';
import { type Setting, settings } from '../config/index.ts';

/** What commander hands to an action: camel-case names. */
export type Flags = Readonly<Record<string, unknown>>;

/** Adds a flag for each of the named settings (all when left out), and `--config`. */
export function addSettingFlags(command: Command, names?: readonly Setting['name'][]): Command {
  command.option('--config <file>', 'JSON file of settings (CNAMED_CONFIG)');
  for (const setting of settings) {
    if (names && !names.includes(setting.name)) continue;
    const option = new Option(
      `${setting.flag} <${setting.placeholder}>`,
      `${setting.doc} [${setting.variable}; default: ${setting.fallback}]`,
    );
    command.addOption(names ? option : option.helpGroup(`${setting.group}:`));
  }
  return command;
}

/**
 * The flags that are settings (of `names` only, when given), by setting name, as `loadConfig` wants
 * them.
 */
export function settingFlags(
  flags: Flags,
  names: readonly string[] = settings.map((setting) => setting.name),
): Record<string, string | undefined> {
  const texts: Record<string, string | undefined> = {};
  for (const name of ['config', ...names]) {
    const value = flags[camelCase(name)];
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

/** As commander does: `data-dir` becomes `dataDir`. */
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Settings that say where an installation keeps its data. */
export const storeSettings = ['data-dir', 'master-key-file', 'database-url'] as const;

/** Settings that say where everything of an installation is. */
export const dataSettings = [
  ...storeSettings,
  'object-store',
  'object-store-key-id',
  'object-store-key-secret',
] as const;

/** The text of a flag that is no setting. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

export function addJsonFlag(command: Command): Command {
  return command.option('--json', 'print JSON for programs');
}
