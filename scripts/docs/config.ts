import { type Setting, settings } from '../../src/config/index.ts';
import { printedNote, renderTable } from './table.ts';

function renderGroup(group: Setting['group']): string {
  const rows = settings
    .filter((setting) => setting.group === group)
    .map((setting) => [
      `\`${setting.variable}\``,
      `\`${setting.flag} <${setting.placeholder}>\``,
      setting.fallback,
      setting.unit ?? '',
      setting.doc,
    ]);
  return `## ${group}\n\n${renderTable(['variable', 'flag', 'default', 'unit', 'meaning'], rows)}\n`;
}

/** docs/config.md as it must be for the table of settings as it is. */
export function renderConfig(): string {
  const groups = [...new Set(settings.map(({ group }) => group))];
  return `${printedNote}

# Configuration

Every setting, from \`src/config/settings.ts\`. Each is an environment variable, a flag of
\`cnamed serve\` and a key of the configuration file, which is JSON and is named by \`--config\` or
\`CNAMED_CONFIG\` (the key is the flag's name without the dashes in front). A flag counts before a variable, a variable before the file. An unknown key, flag or \`CNAMED_\`
variable is refused at start, and every fault is named at once.

${groups.map(renderGroup).join('\n')}`;
}
