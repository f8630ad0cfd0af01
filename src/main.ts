/** argv and environment in, exit code out. No logic. */
import { runCli } from './cli/index.ts';
import { databaseOf, openEngines, openForCopy, openMetadata, openSchema } from './engines.ts';
import { startServer } from './server.ts';
import { serveAsWorker } from './worker.ts';
import { isWorker } from './workers/index.ts';
import { realWorld } from './world/index.ts';

/** Only `serve`, `migrate` and `copy` change tables. */
const asItIs = { isServer: false, schema: 'as-it-is' } as const;

if (isWorker()) serveAsWorker(realWorld);
else
  process.exitCode = await runCli(process.argv.slice(2), process.env, {
    startServer,
    openEngines: (config, world) => openMetadata(config, world, asItIs),
    openWithObjects: (config, world) => openEngines(config, world, asItIs),
    openSchema,
    openForCopy,
    databaseOf,
    world: realWorld,
  });
