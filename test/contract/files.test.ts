import { openFileBlobs } from '../../src/stores/index.ts';
import { blobStoreContract } from './blobs.contract.ts';

blobStoreContract({
  name: 'local files',
  open: (folder, world) => openFileBlobs({ folder, world, reserveBytes: 0 }),
});
