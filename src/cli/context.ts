/** What every command holds: the surroundings made complete, and ways to speak. */
import { relative } from 'node:path';
import { type Config, loadConfig } from '../config/index.ts';
import type { World } from '../world/index.ts';
import { CliFailure } from './failure.ts';
import { readText } from './files.ts';
import type { CliSurroundings, OpenedEngines, OpenedWithObjects } from './types.ts';

export interface CliContext extends Required<CliSurroundings> {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How to call this program again, for the commands it suggests. */
  readonly program: string;
}

export function completeContext(
  environment: CliContext['environment'],
  surroundings: CliSurroundings,
): CliContext {
  if (!surroundings.stdout) surviveClosedPipe();
  return {
    environment,
    stdout: process.stdout,
    stderr: process.stderr,
    currentFolder: process.cwd(),
    signals: process,
    faults: process,
    exitNow: (code) => process.exit(code),
    program: programName(process.argv[1], process.cwd()),
    ...surroundings,
  };
}

/** A reader that has seen enough (`| head`) must not look like a crash, nor end a server. */
function surviveClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** `cnamed` when it was found on the path, else the way the repository starts it. */
function programName(script: string | undefined, folder: string): string {
  if (!script?.endsWith('cnamed.cjs')) return 'cnamed';
  return `node ${relative(folder, script)}`;
}

/** `flags` by setting name. Throws `ConfigProblem`. */
export function readConfig(
  context: CliContext,
  flags: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  return loadConfig({
    flags,
    environment: context.environment,
    currentFolder: context.currentFolder,
    readText: (path) => readText(context.world.disk, path),
  });
}

/**
 * Works on the stores of the installation that `config` names, and closes them. A folder without
 * data is refused: opening it would make an empty installation beside the one that was meant.
 */
export function withEngines<T>(
  context: CliContext,
  config: Config,
  work: (engines: OpenedEngines, world: World) => Promise<T>,
): Promise<T> {
  return withOpened(context, config, context.openEngines, work);
}

/** The same with the bytes of objects. */
export function withObjects<T>(
  context: CliContext,
  config: Config,
  work: (engines: OpenedWithObjects, world: World) => Promise<T>,
): Promise<T> {
  return withOpened(context, config, context.openWithObjects, work);
}

async function withOpened<T, Opened extends OpenedEngines>(
  context: CliContext,
  config: Config,
  open: (config: Config, world: World) => Promise<Opened>,
  work: (engines: Opened, world: World) => Promise<T>,
): Promise<T> {
  await requireData(context, config);
  const engines = await open(config, context.world);
  try {
    return await work(engines, context.world);
  } finally {
    await engines.close();
  }
}

/** With a database elsewhere the folder may be empty, and nothing of the data is in it. */
export async function requireData(context: CliContext, config: Config): Promise<void> {
  if (config.databaseUrl !== undefined) return;
  if ((await context.world.disk.list(config.dataDir)).length > 0) return;
  throw new CliFailure(`There is no cnamed data in ${config.dataDir}.`, {
    next: [
      `Start the server once (${context.program} serve), or name its folder with --data-dir ` +
        'or CNAMED_DATA_DIR.',
    ],
  });
}
