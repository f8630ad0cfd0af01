import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createMasterKeyFile, startSealing } from '../../../src/sealing/index.ts';
import { createTestWorld } from '../../support/world.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cnamed-sealing-start-'));
  path = join(folder, 'master.key');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A setting store in memory, of the shape the sealing room asks for. */
function settingsInMemory() {
  const values = new Map<string, string>();
  return {
    values,
    findSetting: async (name: string) => values.get(name),
    async ensureSetting(name: string, value: string) {
      const standing = values.get(name) ?? value;
      values.set(name, standing);
      return standing;
    },
    async setSetting(name: string, value: string) {
      values.set(name, value);
    },
  };
}

describe('the start of sealing', () => {
  it('makes the file at the first start and finds it right at the next', async () => {
    const world = createTestWorld();
    const settings = settingsInMemory();
    const sealer = await startSealing({ path, world, settings });
    const sealed = sealer.seal(Buffer.from('x'), 'a');
    const again = await startSealing({ path, world, settings });
    assert.equal(again.unseal(sealed, 'a').toString(), 'x');
  });

  it('refuses a lost file and does not make a new one', async () => {
    const world = createTestWorld();
    const settings = settingsInMemory();
    await startSealing({ path, world, settings });
    await rm(path);
    await assert.rejects(startSealing({ path, world, settings }), {
      name: 'SealingError',
      message: /master\.key is missing, and the data was sealed under it\. Restore it/,
    });
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('refuses the file of another installation', async () => {
    const world = createTestWorld();
    const settings = settingsInMemory();
    await startSealing({ path, world, settings });
    await rm(path);
    await createMasterKeyFile(path, createTestWorld({ seed: 'another' }));
    await assert.rejects(startSealing({ path, world, settings }), {
      name: 'SealingError',
      message: /sealed under master key [0-9a-f]{8}, which .*master\.key does not hold/,
    });
  });

  it('by two processes at once ends with one key for both', async () => {
    const settings = settingsInMemory();
    const [one, two] = await Promise.all(
      ['one', 'two'].map((seed) =>
        startSealing({ path, world: createTestWorld({ seed }), settings }),
      ),
    );
    assert.ok(one && two);
    assert.equal(two.unseal(one.seal(Buffer.from('x'), 'a'), 'a').toString(), 'x');
  });

  it('brings the check value under the newest key', async () => {
    const world = createTestWorld();
    const settings = settingsInMemory();
    const sealer = await startSealing({ path, world, settings });
    await sealer.rotate();
    await startSealing({ path, world, settings });
    const [value] = settings.values.values();
    assert.equal(value?.split('.')[1], sealer.currentVersion);
  });
});
