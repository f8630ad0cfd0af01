/**
 * Where the text of each setting comes from: flags count before the environment, the environment
 * before the configuration file, the file before the defaults. Names nobody knows are refused here,
 * because a misspelt setting that is ignored is found out in production.
 */
import { dirname, resolve } from 'node:path';
import { ConfigProblem } from './problem.ts';
import { rows, type SettingName, settingNames, settings, variablePrefix } from './settings.ts';
import { nearestName } from './suggest.ts';

export interface ConfigSources {
  /** Flags given, by setting name (`data-dir`); `config` names the configuration file. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Relative paths of flags and variables are read from here. */
  readonly currentFolder: string;
  /** Reads a text file; rejects when it cannot. Asked for the configuration file only. */
  readonly readText: (path: string) => Promise<string>;
}

export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface GivenText {
  readonly text: string;
  readonly origin: Origin;
  /** How the person named it: `--http`, `CNAMED_HTTP`, `"http" in cnamed.json`. */
  readonly saidBy: string;
  /** The folder that relative paths in it start from. */
  readonly folder: string;
}

/** Variables with our prefix that are no settings: the file's name and the guard's life line. */
const otherVariables = ['CNAMED_CONFIG', 'CNAMED_LIFE_LINE'];
/** Variables of the test suite pass through to servers it starts. */
const testPrefix = 'CNAMED_TEST_';

/** The texts given, without defaults. Refuses unknown names and a file that cannot be read. */
export async function collectTexts(sources: ConfigSources): Promise<Map<SettingName, GivenText>> {
  const texts = new Map<SettingName, GivenText>();
  const problems = [...unknownFlags(sources.flags), ...unknownVariables(sources.environment)];
  const file = await readConfigFile(sources, problems);
  for (const setting of settings) {
    const given =
      fromFlag(setting.name, sources) ??
      fromVariable(setting.variable, sources) ??
      file.get(setting.name);
    if (given) texts.set(setting.name, given);
  }
  if (problems.length > 0) throw new ConfigProblem(problems);
  return texts;
}

function fromFlag(name: SettingName, sources: ConfigSources): GivenText | undefined {
  const text = sources.flags[name];
  if (text === undefined) return undefined;
  return { text, origin: 'flag', saidBy: `--${name}`, folder: sources.currentFolder };
}

/** An empty variable counts as not set: compose files and unit files write them that way. */
function fromVariable(variable: string, sources: ConfigSources): GivenText | undefined {
  const text = sources.environment[variable];
  if (text === undefined || text.trim() === '') return undefined;
  return { text, origin: 'environment', saidBy: variable, folder: sources.currentFolder };
}

function unknownFlags(flags: ConfigSources['flags']): string[] {
  return Object.keys(flags)
    .filter((name) => name !== 'config' && !isSettingName(name))
    .map((name) => `There is no flag --${name}.${suggestion(name, settingNames, '--')}`);
}

function unknownVariables(environment: ConfigSources['environment']): string[] {
  const known = [...settings.map((setting) => setting.variable), ...otherVariables];
  return Object.keys(environment)
    .filter((name) => name.startsWith(variablePrefix) && !name.startsWith(testPrefix))
    .filter((name) => !known.includes(name))
    .map((name) => `There is no setting ${name}.${suggestion(name, known, '')}`);
}

function suggestion(given: string, candidates: readonly string[], prefix: string): string {
  const nearest = nearestName(given, candidates);
  if (nearest) return ` Did you mean ${prefix}${nearest}?`;
  return ' "cnamed serve --help" lists all settings.';
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(rows, name);
}

async function readConfigFile(
  sources: ConfigSources,
  problems: string[],
): Promise<Map<string, GivenText>> {
  const named = sources.flags.config ?? sources.environment.CNAMED_CONFIG;
  const texts = new Map<string, GivenText>();
  if (named === undefined || named.trim() === '') return texts;
  const path = resolve(sources.currentFolder, named);
  const entries = await readEntries(path, named, sources.readText);
  for (const [key, value] of Object.entries(entries)) {
    if (!isSettingName(key)) {
      problems.push(`${named} has the unknown key "${key}".${suggestion(key, settingNames, '')}`);
      continue;
    }
    const text = textOf(value);
    if (text === undefined) {
      problems.push(
        `"${key}" in ${named} is ${JSON.stringify(value)}; expected a text, a number, true, ` +
          'false or a list of texts.',
      );
      continue;
    }
    const folder = dirname(path);
    texts.set(key, { text, origin: 'file', saidBy: `"${key}" in ${named}`, folder });
  }
  return texts;
}

async function readEntries(
  path: string,
  named: string,
  readText: ConfigSources['readText'],
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigProblem([`The configuration file ${named} cannot be read: ${reason}.`]);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's message quotes the file, which may hold a secret.
    throw new ConfigProblem([`The configuration file ${named} is not JSON.`]);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigProblem([
      `The configuration file ${named} must hold one JSON object, ` +
        'for example {"http": "127.0.0.1:9080"}.',
    ]);
  }
  return { ...parsed };
}

/** Numbers, truth values and lists of a file, in the one form that the schemas read. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
    return value.join(',');
  }
  return undefined;
}
