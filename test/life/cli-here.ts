/** The program in this process, wired as `src/main.ts` does: faster where no process is needed. */
import { runCli } from '../../src/cli/index.ts';
import {
  databaseOf,
  openEngines,
  openForCopy,
  openMetadata,
  openSchema,
} from '../../src/engines.ts';
import { startServer } from '../../src/server.ts';
import { realWorld } from '../../src/world/index.ts';
import type { Finished } from './cli-process.ts';

const asItIs = { isServer: false, schema: 'as-it-is' } as const;

export async function runHere(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Finished> {
  const text = { stdout: '', stderr: '' };
  const code = await runCli(words, environment, {
    world: realWorld,
    startServer,
    openEngines: (config, world) => openMetadata(config, world, asItIs),
    openWithObjects: (config, world) => openEngines(config, world, asItIs),
    openSchema,
    openForCopy,
    databaseOf,
    stdout: { write: (chunk) => (text.stdout += chunk) },
    stderr: { write: (chunk) => (text.stderr += chunk) },
    currentFolder: environment.CNAMED_DATA_DIR ?? '/',
  });
  return { code, signal: null, ...text };
}
