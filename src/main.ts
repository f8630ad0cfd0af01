/** argv and environment in, exit code out. No logic. */
import { runCli } from './cli/index.ts';
import { databaseOf, openForCopy, openMetadata } from './engines.ts';
import { startServer } from './server.ts';
import { realWorld } from './world/index.ts';

process.exitCode = await runCli(process.argv.slice(2), process.env, {
  startServer,
  openEngines: openMetadata,
  openForCopy,
  databaseOf,
  world: realWorld,
});
