import { openFileBlobs } from '../../src/stores/index.ts';
import { blobStoreContract } from './blobs.contract.ts';

blobStoreContract({
  name: 'a folder that nodes share',
  open: (folder, world) => openFileBlobs({ folder, world, reserveBytes: 0, isShared: true }),
  unfinished: { bytes: 4, afterMs: 24 * 60 * 60_000 + 60_000, isSwept: true },
});
blobStoreContract({
  name: 'local files',
  open: (folder, world) => openFileBlobs({ folder, world, reserveBytes: 0 }),
});
