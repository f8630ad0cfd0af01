import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { addAccountCommands } from './account.ts';
import { addAuditCommands } from './audit.ts';
import { addBucketCommands } from './bucket.ts';
import { addCheckCommand } from './check.ts';
import { addConfigCommand } from './config-command.ts';
import { type CliContext, completeContext } from './context.ts';
import { addCopyCommand } from './copy.ts';
import { addDomainCommands } from './domain.ts';
import { exitCodes, renderFailure, reportOf } from './failure.ts';
import { readText } from './files.ts';
import { addIdentityCommands } from './identity.ts';
import { addKeyCommands } from './key.ts';
import { addMasterKeyCommands } from './master-key.ts';
import { addMigrateCommand } from './migrate.ts';
import { addPolicyCommands } from './policy.ts';
import { printJson } from './print.ts';
import { addServeCommand } from './serve.ts';
import type { CliSurroundings } from './types.ts';

/**
 * Runs one command line (without node and script) to its end and resolves to the exit code: 0 done,
 * 1 refused or failed, 2 not understood. Never rejects.
 */
export async function runCli(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  surroundings: CliSurroundings,
): Promise<number> {
  const context = completeContext(environment, surroundings);
  const outcome = { code: exitCodes.done as number };
  try {
    const program = buildProgram(context, await readVersion(context), (code) => {
      outcome.code = code;
    });
    await program.parseAsync([...argv], { from: 'user' });
    return outcome.code;
  } catch (error) {
    return fail(context, error, argv.includes('--json'));
  }
}

/** Commander has spoken already when it throws; everything else is told here. */
function fail(context: CliContext, error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) {
    const isHelp = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
    return isHelp ? exitCodes.done : exitCodes.usage;
  }
  const report = reportOf(error);
  if (isJson) printJson(context.stderr, { error: report });
  else context.stderr.write(renderFailure(report));
  return report.exitCode;
}

function buildProgram(
  context: CliContext,
  version: string,
  setCode: (code: number) => void,
): Command {
  const program = new Command('cnamed');
  program
    .description(
      'A self-hosted object storage server that speaks the Alibaba Cloud OSS API, with custom ' +
        'domains at its heart.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', examples(context.program));
  addServeCommand(program, context, setCode);
  addDomainCommands(program, context, setCode);
  addAccountCommands(program, context);
  addKeyCommands(program, context);
  addIdentityCommands(program, context);
  addPolicyCommands(program, context);
  addBucketCommands(program, context);
  addMasterKeyCommands(program, context);
  addAuditCommands(program, context);
  addCheckCommand(program, context, setCode);
  addMigrateCommand(program, context);
  addCopyCommand(program, context, setCode);
  addConfigCommand(program, context);
  return program;
}

function examples(program: string): string {
  return `
Examples:
  ${program} serve
  ${program} domain add www.example.com --bucket my-bucket --wait
  ${program} domain cert www.example.com --bucket my-bucket --cert chain.pem --key key.pem
  ${program} account create alice --json

Every setting is a flag of "serve", a variable (--data-dir is CNAMED_DATA_DIR) and a key of the
JSON file that --config or CNAMED_CONFIG names.`;
}

async function readVersion(context: CliContext): Promise<string> {
  // The same two steps up from src/cli and from dist/cli.
  const path = fileURLToPath(new URL('../../package.json', import.meta.url));
  const { version }: { version: string } = JSON.parse(await readText(context.world.disk, path));
  return version;
}
