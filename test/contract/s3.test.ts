/**
 * The contract of blobs on S3: on a server written by others (s3rver, from the registry), on our
 * own in memory, and on whatever CNAMED_TEST_S3_URL names, e.g.
 * `s3://bucket?endpoint=http://127.0.0.1:7480`, with the AWS variables.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readObjectStore } from '../../src/config/index.ts';
import { type BlobStore, openS3Blobs, type S3Location } from '../../src/stores/index.ts';
import { s3TestKey, startS3Server } from '../support/s3-server.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';
import { blobStoreContract, readBlob, writeBlob } from './blobs.contract.ts';

interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const require = createRequire(import.meta.url);
const S3rver = require('@20minutes/s3rver') as new (options: Record<string, unknown>) => S3rver;

const dayMs = 24 * 60 * 60_000;
/** The least a server takes for a part that is not the last. */
const sizes = { part: 5 * 1024 * 1024, copy: 6 * 1024 * 1024 };

function at(endpoint: string, prefix = ''): S3Location {
  return { bucket: 'bucket', endpoint, region: 'us-east-1', prefix, isPathStyle: true };
}

type Open = (folder: string, world: TestWorld) => Promise<BlobStore>;

/** Each folder of the suite is a prefix of the bucket. */
function opener(location: S3Location, credentials: typeof s3TestKey | undefined): Open {
  return (folder, world) =>
    openS3Blobs({
      location: { ...location, prefix: `${location.prefix}${basename(folder)}/` },
      credentials,
      world,
      sizes,
    });
}

/** What S3 stores promise beyond the common contract, over a real conversation. */
function s3Contract(name: string, open: Open, canListUploads: boolean): void {
  blobStoreContract({
    name,
    open,
    unfinished: {
      // A server that cannot be asked is not given any.
      bytes: canListUploads ? sizes.part + 1 : 4,
      afterMs: dayMs + 60_000,
      isSwept: canListUploads,
    },
  });

  describe(`large blobs on ${name}`, () => {
    it('go in parts, come back whole, and are copied in parts by the server', async () => {
      const world = createTestWorld({ now: Date.now(), seed: randomBytes(8).toString('hex') });
      const blobs = await open('/large', world);
      const bytes = randomBytes(2 * sizes.part + 12_345);
      for (const announcedLength of [bytes.length, undefined]) {
        const writer = await blobs.create(announcedLength);
        for (let start = 0; start < bytes.length; start += 700_001) {
          await writer.write(bytes.subarray(start, start + 700_001));
        }
        const blobId = await writer.finish();
        assert.ok(bytes.equals((await readBlob(blobs, blobId)) ?? Buffer.alloc(0)));
        const copy = await blobs.copy(blobId);
        assert.ok(copy !== undefined);
        assert.ok(bytes.equals((await readBlob(blobs, copy)) ?? Buffer.alloc(0)));
        const span = { start: sizes.part - 10, length: 20 };
        const reader = await blobs.open(blobId, span);
        assert.equal(reader?.size, bytes.length);
        const target = Buffer.alloc(span.length);
        assert.equal(await reader?.read(target, span.start), span.length);
        assert.ok(target.equals(bytes.subarray(span.start, span.start + span.length)));
        await reader?.close();
        await blobs.remove([blobId, copy]);
      }
      const exact = await writeBlob(blobs, bytes.subarray(0, sizes.part));
      assert.equal((await readBlob(blobs, exact))?.length, sizes.part);
      await blobs.remove([exact]);
    });
  });
}

const own = await startS3Server();
after(() => own.close());
s3Contract('an S3 server in memory', opener(at(own.url), s3TestKey), true);

const folder = await mkdtemp(join(tmpdir(), 'cnamed-s3rver-'));
const others = new S3rver({
  address: '127.0.0.1',
  port: 0,
  silent: true,
  // It signs some queries otherwise than AWS does; Ceph, in .ci, judges our signatures.
  allowMismatchedSignatures: true,
  directory: folder,
  configureBuckets: [{ name: 'bucket', configs: [] }],
});
const { port } = await others.run();
after(async () => {
  await others.close();
  await rm(folder, { recursive: true, force: true });
});
// It neither lists nor aborts uploads, and lists no objects while one is unfinished.
s3Contract('s3rver', opener(at(`http://127.0.0.1:${port}`), s3TestKey), false);

const named = process.env.CNAMED_TEST_S3_URL;
if (named !== undefined) {
  const location = readObjectStore(named);
  assert.ok(
    location?.kind === 's3',
    'CNAMED_TEST_S3_URL is not of the form s3://bucket?endpoint=...',
  );
  s3Contract('the store of CNAMED_TEST_S3_URL', opener(location, undefined), true);
}
