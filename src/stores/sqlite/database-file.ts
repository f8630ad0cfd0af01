import { dirname } from 'node:path';
import { realDisk } from '../../world/index.ts';
import { StoreUnavailable } from '../ports/engine.ts';

/** Makes the file if there is none; returns its size when the last process did not close it. */
export async function prepareFile(path: string): Promise<number> {
  try {
    const file = await realDisk.facts(path);
    if (file === undefined) {
      await createFile(path);
      return 0;
    }
    // The last process that closes the database properly removes the log.
    const log = await realDisk.facts(`${path}-wal`);
    return log === undefined || log.size === 0 ? 0 : file.size + log.size;
  } catch (error) {
    throw new StoreUnavailable('failed', `The database cannot be opened: ${path}`, {
      cause: error,
    });
  }
}

async function createFile(path: string): Promise<void> {
  try {
    await (await realDisk.create(path)).close();
    await realDisk.syncFolder(dirname(path));
  } catch (error) {
    // Another process that starts at the same time was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
