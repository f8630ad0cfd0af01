/** `cnamed config`: what stands after flags, environment and file; secrets hidden. */
import type { Command } from 'commander';
import { explainConfig } from '../config/index.ts';
import type { CliContext } from './context.ts';
import { readText } from './files.ts';
import { addJsonFlag, addSettingFlags, type Flags, settingFlags } from './flags.ts';
import { printJson, printTable } from './print.ts';

export function addConfigCommand(program: Command, context: CliContext): void {
  const command = program
    .command('config')
    .description('print the settings that stand, and where each comes from');
  addJsonFlag(addSettingFlags(command)).action(async (flags: Flags) => {
    const settings = await explainConfig({
      flags: settingFlags(flags),
      environment: context.environment,
      currentFolder: context.currentFolder,
      readText: (path) => readText(context.world.disk, path),
    });
    if (flags.json) {
      const entries = settings.map(({ name, text, origin }) => [
        name,
        { value: text ?? null, from: origin },
      ]);
      printJson(context.stdout, Object.fromEntries(entries));
      return;
    }
    const rows = settings.map(({ name, text, origin }) => [name, text || '-', origin]);
    printTable(context.stdout, ['SETTING', 'VALUE', 'FROM'], rows);
    return;
  });
}
