/** `cnamed migrate`: brings the tables up to this release, or says what it would do. */
import type { Command } from 'commander';
import type { SchemaKeeper, SchemaState } from '../stores/index.ts';
import { type CliContext, readConfig, requireData } from './context.ts';
import { CliFailure } from './failure.ts';
import { addJsonFlag, addSettingFlags, dataSettings, type Flags, settingFlags } from './flags.ts';
import { printFacts, printJson, printLine } from './print.ts';
import { Progress } from './progress.ts';

export function addMigrateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('migrate')
    .description('bring the database up to this release; a server does it too when it starts')
    .option('--status', 'say what the database has and what is pending; change nothing')
    .addHelpText(
      'after',
      `
Examples:
  ${context.program} migrate --status
  ${context.program} migrate

All pending steps are one transaction: killed at any moment, the database is as it was before or as
it is afterwards. With several nodes run it once with the new release, then replace the nodes one
after another; where a step is marked "stop older nodes first", stop them all before.`,
    );
  addJsonFlag(addSettingFlags(command, dataSettings)).action((flags: Flags) =>
    migrate(context, flags),
  );
}

async function migrate(context: CliContext, flags: Flags): Promise<void> {
  const config = await readConfig(context, settingFlags(flags));
  const schema = context.openSchema(config, context.world);
  if (flags.status === true) {
    await requireData(context, config);
    printStatus(context, flags, await schema.read());
    return;
  }
  const before = await schema.read();
  if (before.refusal !== undefined) throw new CliFailure(before.refusal);
  if (before.pending.length === 0) {
    printDone(context, flags, before, [], 0);
    return;
  }
  const progress = new Progress(context.stderr, context.world.timers);
  const startedAt = context.world.clock.monotonicMs();
  progress.say(`migrating: ${before.pending.map((step) => step.name).join(', ')}`);
  try {
    const made = await upgrade(schema);
    const ms = Math.round(context.world.clock.monotonicMs() - startedAt);
    progress.finish();
    printDone(context, flags, before, made, ms);
  } finally {
    progress.finish();
  }
}

async function upgrade(schema: SchemaKeeper): Promise<readonly string[]> {
  try {
    return await schema.upgrade();
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'NewerDatabase') throw error;
    throw new CliFailure(error.message, {
      next: ['Nothing was changed: all steps are one transaction. Run it again.'],
    });
  }
}

function printStatus(context: CliContext, flags: Flags, state: SchemaState): void {
  if (flags.json) {
    printJson(context.stdout, {
      release: state.release,
      madeBy: state.madeBy,
      done: state.done,
      pending: state.pending,
      unknown: state.unknown,
    });
    return;
  }
  printFacts(context.stdout, [
    ['this release', `${state.release}, ${state.done.length + state.pending.length} steps`],
    ['database', `${state.done.at(-1) ?? 'no tables yet'}${madeBy(state)}`],
    ...state.pending.map((step): [string, string] => [
      'pending',
      step.isBreaking && state.done.length > 0
        ? `${step.name} (stop older nodes first)`
        : step.name,
    ]),
    ...state.unknown.map((name): [string, string] => ['of a newer release', name]),
  ]);
  printLine(context.stdout, verdict(context, state));
}

function madeBy({ madeBy }: SchemaState): string {
  return madeBy === undefined ? '' : ` (by release ${madeBy})`;
}

function verdict(context: CliContext, state: SchemaState): string {
  if (state.refusal !== undefined) return state.refusal;
  if (state.pending.length === 0) return 'Nothing is pending.';
  return `Run "${context.program} migrate", or start the server.`;
}

function printDone(
  context: CliContext,
  flags: Flags,
  before: SchemaState,
  made: readonly string[],
  ms: number,
): void {
  if (flags.json) {
    printJson(context.stdout, { release: before.release, made, ms });
    return;
  }
  for (const name of made) printLine(context.stdout, `made ${name}`);
  const what =
    made.length > 0
      ? `took ${(ms / 1000).toFixed(1)} s`
      : before.pending.length > 0
        ? 'another process was faster'
        : 'nothing was pending';
  printLine(context.stdout, `the database is of release ${before.release}; ${what}`);
}
