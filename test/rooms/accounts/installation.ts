import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Accounts, createAccounts } from '../../../src/accounts/index.ts';
import { type Sealer, startSealing } from '../../../src/sealing/index.ts';
import type { MetadataEngine } from '../../../src/stores/index.ts';
import { openSqliteEngine } from '../../../src/stores/sqlite/engine.ts';
import { createTestWorld, type TestWorld } from '../../support/world.ts';

/** Accounts as they run: the embedded engine, a real master key file, a world that stands still. */
export interface Installation {
  engine: MetadataEngine;
  sealer: Sealer;
  world: TestWorld;
  accounts: Accounts;
  /** Another process over the same files. */
  openBeside(seed: string): Promise<{ accounts: Accounts; close(): Promise<void> }>;
  close(): Promise<void>;
}

export async function createInstallation(seed: string): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-accounts-'));
  const open = async (world: TestWorld) => {
    const engine = await openSqliteEngine({ path: join(folder, 'metadata.db') });
    const path = join(folder, 'master.key');
    const sealer = await startSealing({ path, world, settings: engine.settings });
    return { engine, sealer, world, accounts: createAccounts({ engine, sealer, world }) };
  };
  const first = await open(createTestWorld({ seed }));
  return {
    ...first,
    async openBeside(otherSeed) {
      const { accounts, engine } = await open(createTestWorld({ seed: otherSeed }));
      return { accounts, close: () => engine.close() };
    },
    async close() {
      await first.engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
