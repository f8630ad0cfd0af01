import type { World } from '../world/index.ts';
import { createMasterKeyFile } from './master-key-file.ts';
import { SealingError } from './problem.ts';
import { checkContext, openSealer, type Sealer } from './sealer.ts';

/** Where the check value lives: the setting store of the metadata engine, by shape. */
export interface CheckValueStore {
  findSetting(name: string): Promise<string | undefined>;
  ensureSetting(name: string, value: string): Promise<string>;
  setSetting(name: string, value: string): Promise<void>;
}

/** Name of the setting that proves which master key the data was sealed under. */
export const checkSetting = 'master-key-check';

/**
 * The sealer of this installation. At the very first start the master key file is made; ever after
 * it must be the one the data was sealed under: a lost or wrong file is refused here, loudly, and
 * never replaced by a new one (security.md 4.3).
 */
export async function startSealing(options: {
  path: string;
  world: World;
  settings: CheckValueStore;
}): Promise<Sealer> {
  const { path, world, settings } = options;
  const known = await settings.findSetting(checkSetting);
  if (known === undefined) {
    await createMasterKeyFile(path, world);
  } else if (!(await world.disk.facts(path))) {
    throw new SealingError(
      `The master key file ${path} is missing, and the data was sealed under it. Restore it from ` +
        'your copy, or point CNAMED_MASTER_KEY_FILE to where it is. A new file would not help.',
    );
  }
  const sealer = await openSealer({ path, world });
  const standing = known ?? (await settings.ensureSetting(checkSetting, sealer.createCheckValue()));
  sealer.verify(standing);
  const current = sealer.rewrap(standing, checkContext);
  if (current !== standing) await settings.setSetting(checkSetting, current);
  return sealer;
}
