/** The room buckets over the real stores, in a temporary folder of its own. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Bucket,
  createBucketDocuments,
  createBuckets,
  createContentKeys,
  createObjects,
  createSweeper,
  createUploads,
  type NewObject,
  type ObjectLimits,
  type OpenObject,
  objectLimits,
} from '../../../src/buckets/index.ts';
import { createMasterKeyFile, openSealer } from '../../../src/sealing/index.ts';
import { openFileBlobs, openSqliteEngine } from '../../../src/stores/index.ts';
import type { Disk } from '../../../src/world/index.ts';
import { createTestWorld } from '../../support/world.ts';

export const owner = '1000000000000001';

export interface RoomsOptions {
  readonly disk?: Disk;
  readonly limits?: Partial<ObjectLimits>;
  /** The database is full at so many pages. */
  readonly pagesMax?: number;
}

export type Rooms = Awaited<ReturnType<typeof openRooms>>;

/** A bucket `example-a` stands in them. `close` removes everything. */
export async function openRooms(options: RoomsOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cnamed-buckets-'));
  const world = createTestWorld(options.disk ? { disk: options.disk } : {});
  const engine = await openSqliteEngine({
    path: join(folder, 'cnamed.sqlite'),
    ...(options.pagesMax === undefined ? {} : { pagesMax: options.pagesMax }),
  });
  const blobFolder = join(folder, 'objects');
  const blobs = await openFileBlobs({ folder: blobFolder, world, reserveBytes: 0 });
  const buckets = createBuckets({ engine, world, limits: { bucketsMax: 10_000 } });
  const masterKey = join(folder, 'master.key');
  await createMasterKeyFile(masterKey, world);
  const sealer = await openSealer({ path: masterKey, world });
  const keys = createContentKeys(sealer, world.random);
  const limits = { ...objectLimits, ...options.limits };
  const objects = createObjects({
    objects: engine.objects,
    serving: engine.serving,
    blobs,
    world,
    keys,
    limits,
  });
  const uploads = createUploads({
    uploads: engine.uploads,
    objects: engine.objects,
    blobs,
    world,
    keys,
    limits,
  });
  const documents = createBucketDocuments({ buckets: engine.buckets, serving: engine.serving });
  const sweeper = createSweeper({ objects: engine.objects, blobs, world });
  const bucket = await buckets.putBucket({ ...newBucket, name: 'example-a' });
  return {
    folder,
    blobFolder,
    world,
    engine,
    blobs,
    keys,
    sealer,
    buckets,
    objects,
    uploads,
    documents,
    sweeper,
    bucket,
    async close() {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const newBucket = {
  accountId: owner,
  acl: undefined,
  storageClass: undefined,
  redundancy: undefined,
} as const;

/** An upload of `text` in one piece, announced with its length. */
export function upload(
  bucket: Bucket,
  key: string,
  text: string | Buffer,
  changes: Partial<NewObject> = {},
): NewObject {
  const bytes = Buffer.from(text);
  return {
    bucket,
    key,
    content: contentOf([bytes], bytes.length),
    expected: {},
    facts: { headers: { 'content-type': 'text/plain' }, metadata: {} },
    acl: 'default',
    storageClass: undefined,
    isOverwriteForbidden: false,
    ...changes,
  };
}

export function contentOf(chunks: readonly Buffer[], length: number | undefined) {
  return {
    length,
    async *stream() {
      yield* chunks;
    },
  };
}

/** All bytes of an opened object; it is closed afterwards. */
export async function readAll({ object, content }: OpenObject): Promise<Buffer> {
  if (content.kind === 'bytes') return Buffer.from(content.bytes);
  const bytes = Buffer.alloc(object.size);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await content.reader.read(bytes.subarray(filled), filled);
    if (count === 0) break;
    filled += count;
  }
  await content.reader.close();
  return bytes.subarray(0, filled);
}

/** What stands under the key, as text; `undefined` when there is none. */
export async function readText(rooms: Rooms, key: string): Promise<string | undefined> {
  const object = await rooms.objects.findObject(rooms.bucket, key);
  if (object === undefined) return undefined;
  return (await readAll(await rooms.objects.openObject(rooms.bucket, key, object))).toString();
}

/** Every file below the folder, relative to it, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
