import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { MetadataEngine } from '../../src/stores/index.ts';

/** An engine as a contract suite sees it. */
export interface EngineUnderTest {
  readonly name: string;
  /** Opens (and makes) the database of a place; several may be open on one place. */
  open(folder: string): Promise<MetadataEngine>;
}

/** A database of its own for the suite that calls this, opened before and removed afterwards. */
export function engineForSuite({ open }: EngineUnderTest): {
  engine: MetadataEngine;
  openAgain(): Promise<MetadataEngine>;
} {
  let folder = '';
  const opened: MetadataEngine[] = [];
  const suite = {
    engine: undefined as unknown as MetadataEngine,
    async openAgain() {
      const engine = await open(folder);
      opened.push(engine);
      return engine;
    },
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cnamed-contract-'));
    suite.engine = await suite.openAgain();
  });
  after(async () => {
    for (const engine of opened) await engine.close();
    await rm(folder, { recursive: true, force: true });
  });
  return suite;
}
