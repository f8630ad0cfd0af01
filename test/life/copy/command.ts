/** The command in this process: starting one takes half a second each. */
import { runCli } from '../../../src/cli/index.ts';
import type { CopyReport } from '../../../src/copying/index.ts';
import {
  databaseOf,
  openEngines,
  openForCopy,
  openMetadata,
  openSchema,
} from '../../../src/engines.ts';
import { startServer } from '../../../src/server.ts';
import { realWorld, type World } from '../../../src/world/index.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function cnamed(
  words: readonly string[],
  options: { world?: World; isTerminal?: boolean; environment?: Record<string, string> } = {},
): Promise<Outcome> {
  const text = { stdout: '', stderr: '' };
  const code = await runCli(words, options.environment ?? {}, {
    world: options.world ?? realWorld,
    openEngines: openMetadata,
    openWithObjects: openEngines,
    openSchema,
    openForCopy,
    databaseOf,
    startServer,
    currentFolder: '/',
    stdout: { write: (chunk: string) => (text.stdout += chunk) },
    stderr: {
      isTTY: options.isTerminal ?? false,
      write: (chunk: string) => (text.stderr += chunk),
    },
  });
  return { code, ...text };
}

export interface Copied extends Outcome {
  readonly report: CopyReport | undefined;
}

export async function copy(
  from: { readonly file: string },
  to: { readonly file: string },
  ...more: string[]
): Promise<Copied> {
  const outcome = await cnamed(['copy', '--from', from.file, '--to', to.file, '--json', ...more]);
  const report = outcome.stdout === '' ? undefined : (JSON.parse(outcome.stdout) as CopyReport);
  return { ...outcome, report };
}
