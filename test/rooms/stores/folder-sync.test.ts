import { strict as assert } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { FolderSync } from '../../../src/stores/fs/folder-sync.ts';
import { realDisk } from '../../../src/world/index.ts';

/** A disk whose folder fsyncs end when the test says so. */
function heldDisk() {
  const held: PromiseWithResolvers<void>[] = [];
  const syncFolder = () => {
    const one = Promise.withResolvers<void>();
    held.push(one);
    return one.promise;
  };
  return { held, disk: { ...realDisk, syncFolder } };
}

describe('folder fsyncs shared by those who wait', () => {
  it('who comes while one runs is not content with it, and shares the next', async () => {
    const { held, disk } = heldDisk();
    const folders = new FolderSync(disk);
    const done: string[] = [];
    const wait = (name: string) => folders.sync('/f').then(() => done.push(name));
    const all = [wait('first'), wait('second'), wait('third')];
    assert.equal(held.length, 1);
    held[0]?.resolve();
    await setImmediate();
    assert.deepEqual(done, ['first']);
    assert.equal(held.length, 2);
    all.push(wait('fourth'));
    held[1]?.resolve();
    await setImmediate();
    assert.deepEqual(done, ['first', 'second', 'third']);
    assert.equal(held.length, 3);
    held[2]?.resolve();
    await Promise.all(all);
    void wait('later');
    assert.equal(held.length, 4);
    held[3]?.resolve();
  });

  it('a failure reaches those who shared it, and nobody after', async () => {
    const { held, disk } = heldDisk();
    const folders = new FolderSync(disk);
    const [first, second] = [folders.sync('/f'), folders.sync('/f')];
    held[0]?.reject(new Error('EIO'));
    await assert.rejects(first, /EIO/);
    await setImmediate();
    held[1]?.resolve();
    await second;
    assert.equal(held.length, 2);
  });

  it('folders do not wait for each other', () => {
    const { held, disk } = heldDisk();
    const folders = new FolderSync(disk);
    void folders.sync('/one');
    void folders.sync('/other');
    assert.equal(held.length, 2);
  });
});
