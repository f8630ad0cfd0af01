/**
 * A disk that fails at any one step of an upload, and a full database: refusals with the right
 * code, no false success, and reads and deletes go on (security.md 8.3, 8.4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '../../../src/errors/index.ts';
import { type Disk, type DiskFile, realDisk } from '../../../src/world/index.ts';
import { removeKeys } from '../../support/keys.ts';
import { contentOf, openRooms, type Rooms, readText, upload } from './rooms.ts';

type Failure = 'EIO' | 'ENOSPC' | 'EDQUOT';

/** Counts every call that changes the disk, and fails the one it was told to. */
class FailingDisk {
  readonly calls: string[] = [];
  #failAt = Number.POSITIVE_INFINITY;
  #failure: Failure = 'EIO';

  failAt(call: number, failure: Failure): void {
    this.calls.length = 0;
    this.#failAt = call;
    this.#failure = failure;
  }

  heal(): void {
    this.#failAt = Number.POSITIVE_INFINITY;
  }

  async #step(name: string): Promise<void> {
    this.calls.push(name);
    if (this.calls.length - 1 !== this.#failAt) return;
    throw Object.assign(new Error(`${this.#failure}: planned failure of ${name}`), {
      code: this.#failure,
    });
  }

  #file(file: DiskFile): DiskFile {
    return {
      write: async (bytes) => {
        await this.#step('write');
        await file.write(bytes);
      },
      sync: async () => {
        await this.#step('sync');
        await file.sync();
      },
      read: (target, position) => file.read(target, position),
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  readonly disk: Disk = {
    ...realDisk,
    create: async (path) => {
      await this.#step('create');
      return this.#file(await realDisk.create(path));
    },
    rename: async (from, to) => {
      await this.#step('rename');
      await realDisk.rename(from, to);
    },
    syncFolder: async (path) => {
      await this.#step('syncFolder');
      await realDisk.syncFolder(path);
    },
  };
}

const chunks = [Buffer.alloc(300_000, 'one'), Buffer.alloc(300_000, 'two')];

function put(rooms: Rooms, key: string): Promise<unknown> {
  const content = contentOf(chunks, 600_000);
  return rooms.objects.putObject({ ...upload(rooms.bucket, key, ''), content });
}

const expectedCode = {
  EIO: 'ServiceUnavailable',
  ENOSPC: 'InsufficientStorage',
  EDQUOT: 'InsufficientStorage',
} as const;

for (const failure of ['EIO', 'ENOSPC', 'EDQUOT'] as const) {
  test(`${failure} at any step of an upload refuses it; what stood before stands`, async (t) => {
    const failing = new FailingDisk();
    const rooms = await openRooms({ disk: failing.disk });
    t.after(() => rooms.close());
    await rooms.objects.putObject(upload(rooms.bucket, 'k', 'before'));
    failing.failAt(Number.POSITIVE_INFINITY, failure);
    await put(rooms, 'measured');
    const steps = [...failing.calls];
    for (const step of ['create', 'write', 'sync', 'rename', 'syncFolder']) {
      assert.ok(steps.includes(step), `an upload takes the step ${step}`);
    }
    for (const [call, step] of steps.entries()) {
      failing.failAt(call, failure);
      await assert.rejects(
        put(rooms, 'k'),
        (problem) => problem instanceof OssError && problem.code === expectedCode[failure],
        `${step} (call ${call})`,
      );
      assert.equal(await readText(rooms, 'k'), 'before', step);
    }
    failing.heal();
    await put(rooms, 'k');
    assert.equal((await readText(rooms, 'k'))?.length, 600_000);
    assert.deepEqual(await removeKeys(rooms.objects, rooms.bucket, ['k']), ['k']);
  });

  test(`${failure} at any step of a copy refuses it`, async (t) => {
    const failing = new FailingDisk();
    const rooms = await openRooms({ disk: failing.disk });
    t.after(() => rooms.close());
    await put(rooms, 'source');
    const copy = (to: string) =>
      rooms.objects.copyObject({
        source: { bucket: rooms.bucket, key: 'source' },
        bucket: rooms.bucket,
        key: to,
        facts: { headers: {}, metadata: {} },
        isReplacing: false,
        isReplacingTags: false,
        extras: {},
        acl: undefined,
        storageClass: undefined,
        isOverwriteForbidden: false,
        admit: () => {},
      });
    failing.failAt(Number.POSITIVE_INFINITY, failure);
    await copy('measured');
    const steps = failing.calls.length;
    for (let call = 0; call < steps; call++) {
      failing.failAt(call, failure);
      await assert.rejects(
        copy('target'),
        (problem) => problem instanceof OssError && problem.code === expectedCode[failure],
      );
      assert.equal(await readText(rooms, 'target'), undefined);
      assert.equal((await readText(rooms, 'source'))?.length, 600_000);
    }
    failing.heal();
    await copy('target');
    assert.equal((await readText(rooms, 'target'))?.length, 600_000);
  });
}

test('a full database refuses uploads with InsufficientStorage; reads go on', async (t) => {
  const rooms = await openRooms({ pagesMax: 100 });
  t.after(() => rooms.close());
  await rooms.objects.putObject(upload(rooms.bucket, 'k', 'before'));
  const facts = { headers: {}, metadata: { a: 'x'.repeat(8000) } };
  const stored: string[] = [];
  await assert.rejects(
    async () => {
      for (let number = 0; number < 200; number++) {
        const key = `key-${number}`;
        await rooms.objects.putObject(upload(rooms.bucket, key, key, { facts }));
        stored.push(key);
      }
    },
    (problem) => problem instanceof OssError && problem.code === 'InsufficientStorage',
  );
  assert.ok(stored.length > 0);
  assert.equal(await readText(rooms, 'k'), 'before');
  for (const key of stored) assert.equal(await readText(rooms, key), key);
  const refusedKey = `key-${stored.length}`;
  assert.equal(await rooms.objects.findObject(rooms.bucket, refusedKey), undefined);
});
