import { join } from 'node:path';
import type { Disk, Random } from '../../world/index.ts';

/** 128 bits: the two digits of its folder, then 120 random bits. */
const blobIdForm = /^[0-9a-f]{32}$/;
const randomBytesPerId = 15;

/** So many blobs in a row go to one folder: those that finish together share its fsync. */
const blobsPerTurn = 64;

const shardNames = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

/**
 * `tmp/<random>` while it is written, `data/xx/<id>` for good. No name here comes from a client;
 * whatever does not look like an id of ours never becomes a path (security.md 7.5).
 */
export class Layout {
  readonly #folder: string;
  readonly #random: Random;
  #shard: string;
  #leftInTurn = blobsPerTurn;

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
    this.#shard = random.bytes(1).toString('hex');
  }

  get root(): string {
    return this.#folder;
  }

  get unfinishedFolder(): string {
    return join(this.#folder, 'tmp');
  }

  get shardFolders(): string[] {
    return shardNames.map((name) => join(this.#folder, 'data', name));
  }

  newUnfinishedName(): string {
    return this.#random.bytes(16).toString('hex');
  }

  unfinishedPath(name: string): string {
    return join(this.unfinishedFolder, name);
  }

  newBlobId(): string {
    if (this.#leftInTurn === 0) {
      this.#shard = this.#random.bytes(1).toString('hex');
      this.#leftInTurn = blobsPerTurn;
    }
    this.#leftInTurn -= 1;
    return this.#shard + this.#random.bytes(randomBytesPerId).toString('hex');
  }

  isBlobId(text: string): boolean {
    return blobIdForm.test(text);
  }

  shardFolder(blobId: string): string {
    return join(this.#folder, 'data', blobId.slice(0, 2));
  }

  blobPath(blobId: string): string {
    return join(this.shardFolder(blobId), blobId);
  }

  /** Makes every folder there will ever be, and makes them durable, before the first blob. */
  async prepare(disk: Disk): Promise<void> {
    const data = join(this.#folder, 'data');
    await disk.makeFolder(this.#folder);
    await disk.makeFolder(this.unfinishedFolder);
    await disk.makeFolder(data);
    const standing = new Set(await disk.list(data));
    const missing = shardNames.filter((name) => !standing.has(name));
    for (const name of missing) await disk.makeFolder(join(data, name));
    if (missing.length > 0) {
      await disk.syncFolder(data);
      await disk.syncFolder(this.#folder);
      await disk.syncFolder(join(this.#folder, '..'));
    }
  }
}
