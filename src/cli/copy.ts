/** `cnamed copy`: a whole installation to another place, whatever engines keep it there. */
import { type Command, Option } from 'commander';
import { type Config, loadConfig } from '../config/index.ts';
import {
  type CopyInput,
  CopyProblem,
  type CopyReport,
  copyInstallation,
} from '../copying/index.ts';
import { StoreUnavailable } from '../stores/index.ts';
import { type CliContext, readConfig } from './context.ts';
import { CopyProgressLine } from './copy-progress.ts';
import { printCopyReport } from './copy-report.ts';
import { CliFailure, exitCodes } from './failure.ts';
import { readText } from './files.ts';
import { addJsonFlag, addSettingFlags, type Flags, settingFlags, textFlag } from './flags.ts';
import { printJson } from './print.ts';
import { Progress } from './progress.ts';

/** Settings that say where an installation keeps anything. */
const placeSettings = [
  'data-dir',
  'master-key-file',
  'database-url',
  'object-store',
  'object-store-key-id',
  'object-store-key-secret',
] as const;

export function addCopyCommand(
  program: Command,
  context: CliContext,
  setCode: (code: number) => void,
): void {
  const command = program
    .command('copy')
    .description('copy the whole installation to another place: any engines to any engines')
    .requiredOption('--to <file>', 'configuration file of the target; no variable counts for it')
    .option('--from <file>', 'configuration file of the source, instead of flags and variables')
    .addOption(
      new Option('--verify <how>', 'look at the sizes of the objects in the target, or read them')
        .choices(['sizes', 'full'])
        .default('sizes'),
    )
    .option('--leave-damaged', 'count a copy without what is damaged in the source as complete')
    .addHelpText('after', help(context.program));
  addJsonFlag(addSettingFlags(command, placeSettings)).action(async (flags: Flags) => {
    const report = await copy(context, flags);
    if (flags.json) printJson(context.stdout, report);
    else printCopyReport(context, report);
    const isGood = report.isComplete && report.damages.length === 0;
    setCode(isGood ? exitCodes.done : exitCodes.failed);
  });
}

function help(program: string): string {
  return `
The source is what "${program} serve" would run on here, or the file of --from. It may be in use: run
the command while it serves, stop it, and run the same command again; the second run brings over the
differences only. A copy that is cut off goes on in the same way. No server starts on the target
before a run has found both sides equal.

Examples:
  ${program} copy --to cluster.json
  ${program} copy --from cluster.json --to embedded.json --verify full`;
}

async function copy(context: CliContext, flags: Flags): Promise<CopyReport> {
  const { world } = context;
  const [from, to] = await readSides(context, flags);
  const source = await openSide(context, 'source', from);
  try {
    const target = await openSide(context, 'target', to);
    const line = new CopyProgressLine(new Progress(context.stderr, world.timers), context);
    try {
      return await copied({
        source,
        target,
        world,
        isFullyVerified: flags.verify === 'full',
        leavesDamaged: flags.leaveDamaged === true,
        onProgress: (progress) => line.show(progress),
      });
    } finally {
      line.finish();
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copied(input: CopyInput): Promise<CopyReport> {
  try {
    return await copyInstallation(input);
  } catch (error) {
    if (error instanceof CopyProblem) throw new CliFailure(error.message, { next: error.next });
    if (!(error instanceof StoreUnavailable)) throw error;
    const again = 'run the same command again: it goes on where this run was.';
    if (error.reason !== 'full') {
      throw new CliFailure(error.message, { next: [`See to it, and ${again}`] });
    }
    throw new CliFailure(`The target has no space left: ${error.message}`, {
      next: [`Make room there, and ${again}`],
    });
  }
}

async function readSides(context: CliContext, flags: Flags): Promise<[Config, Config]> {
  const fromFile = textFlag(flags, 'from');
  const given = settingFlags(flags, placeSettings);
  const [stray] = Object.keys(given);
  if (fromFile !== undefined && stray !== undefined) {
    throw new CliFailure(`--from names a file for the source, and --${stray} names it again.`, {
      exitCode: exitCodes.usage,
      next: ['Leave one of them out.'],
    });
  }
  const from = fromFile === undefined ? readConfig(context, given) : readFile(context, fromFile);
  const sides: [Config, Config] = [
    await from,
    await readFile(context, textFlag(flags, 'to') ?? ''),
  ];
  refuseOnePlace(context, ...sides);
  return sides;
}

/** The file alone: variables of the other side must not find their way in. */
function readFile(context: CliContext, path: string): Promise<Config> {
  return loadConfig({
    flags: { config: path },
    environment: {},
    currentFolder: context.currentFolder,
    readText: (file) => readText(context.world.disk, file),
  });
}

function refuseOnePlace({ databaseOf }: CliContext, from: Config, to: Config): void {
  if (databaseOf(from) === databaseOf(to)) {
    throw new CliFailure(`Source and target are the same database: ${databaseOf(to)}.`, {
      next: ['Name another one for the target: "database-url", or "data-dir" without it.'],
    });
  }
  const isIn = (config: Config) =>
    config.databaseUrl === undefined || config.objectStore === undefined;
  if (from.dataDir !== to.dataDir || !isIn(from) || !isIn(to)) return;
  throw new CliFailure(`Source and target both keep data in ${to.dataDir}.`, {
    next: ['Give the target a folder of its own: "data-dir" in its file.'],
  });
}

async function openSide(context: CliContext, name: 'source' | 'target', config: Config) {
  const { world, program } = context;
  const isMissing =
    name === 'source' &&
    config.databaseUrl === undefined &&
    (await world.disk.facts(context.databaseOf(config))) === undefined;
  if (isMissing) {
    throw new CliFailure(
      `The source holds no installation: there is no data in ${config.dataDir}.`,
      {
        next: [
          `Name its folder with --data-dir, or its file with --from (${program} copy --help).`,
        ],
      },
    );
  }
  try {
    const side = await context.openForCopy(config, world);
    if (name === 'source') await side.claimPlace();
    return side;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`The ${name} cannot be opened. ${message}`);
  }
}
