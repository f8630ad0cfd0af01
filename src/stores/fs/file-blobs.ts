import type { Disk, World } from '../../world/index.ts';
import type { PlaceMark } from '../place-mark.ts';
import type { Announce, BlobReader, BlobSpan, BlobStore } from '../ports/blobs.ts';
import { FileBlobWriter, type WriterParts } from './blob-writer.ts';
import { isMissing, noBlobId, unavailable } from './failures.ts';
import { FolderSync } from './folder-sync.ts';
import { Layout } from './layout.ts';
import { ensureMark, findMark, markPath } from './mark.ts';
import { OpenFiles } from './open-files.ts';
import { Reserve } from './reserve.ts';

export interface FileBlobsOptions {
  /** Made, with its parents, when it is not there. */
  readonly folder: string;
  readonly world: World;
  /** Other processes write to the folder, too: nodes on a volume that they share. */
  readonly isShared?: boolean;
  /** Free bytes of the volume that no blob may use. */
  readonly reserveBytes?: number;
  /** So many processes write to the folder at once; each gives away its part of what is free. */
  readonly writersCount?: number;
}

/** security.md 8.4 */
const defaultReserveBytes = 256 * 1024 * 1024;

const copyChunkBytes = 1024 * 1024;

/** Blobs in one batch of a listing. */
const listBatch = 256;

/**
 * What another node writes is written to all the time (a body has a least rate): so long after its
 * last byte nobody is at it any more.
 */
const abandonedMs = 24 * 60 * 60_000;

/** Object bytes in local files, by the protocol of security.md section 8. */
export async function openFileBlobs(options: FileBlobsOptions): Promise<BlobStore> {
  const { world, folder } = options;
  const layout = new Layout(folder, world.random);
  try {
    await layout.prepare(world.disk);
  } catch (error) {
    throw unavailable(error, `The folder of the objects cannot be used (${folder})`);
  }
  const { reserveBytes = defaultReserveBytes, writersCount = 1 } = options;
  const reserve = new Reserve(world, folder, { reserveBytes, writersCount });
  const folderSync = new FolderSync(world.disk);
  const parts = {
    disk: world.disk,
    layout,
    reserve,
    folderSync,
    openFiles: new OpenFiles(world.disk),
    unfinished: new Set<string>(),
  };
  return new FileBlobs(world, parts, options.isShared === true);
}

class FileBlobs implements BlobStore {
  readonly isShared: boolean;
  readonly place: BlobStore['place'];
  readonly #world: World;
  readonly #parts: WriterParts;

  constructor(world: World, parts: WriterParts, isShared: boolean) {
    this.#world = world;
    this.#parts = parts;
    this.isShared = isShared;
    const { layout } = parts;
    this.place = { name: `the folder ${layout.root}`, markAt: `the file ${markPath(layout)}` };
  }

  findMark(): Promise<PlaceMark | undefined> {
    return this.#try(findMark({ ...this.#parts, world: this.#world }));
  }

  ensureMark(installation: string): Promise<PlaceMark> {
    return this.#try(ensureMark({ ...this.#parts, world: this.#world }, installation));
  }

  async create(
    sizeHint: number | undefined,
    announce?: Announce,
    blobId?: string,
  ): Promise<FileBlobWriter> {
    const { disk, layout, reserve, unfinished } = this.#parts;
    if (blobId !== undefined && !layout.isBlobId(blobId)) throw noBlobId(blobId);
    const name = layout.newUnfinishedName();
    const promised = sizeHint ?? 0;
    try {
      await reserve.take(promised);
    } catch (error) {
      throw unavailable(error, 'The free space cannot be measured');
    }
    try {
      unfinished.add(name);
      const file = await disk.create(layout.unfinishedPath(name));
      const announced = this.isShared ? announce : undefined;
      return new FileBlobWriter(this.#parts, name, file, { promised, announce: announced, blobId });
    } catch (error) {
      unfinished.delete(name);
      reserve.settle(promised);
      throw unavailable(error, 'No object can be written');
    }
  }

  async open(blobId: string, span?: BlobSpan): Promise<BlobReader | undefined> {
    const { disk, layout, openFiles } = this.#parts;
    if (!layout.isBlobId(blobId)) return undefined;
    // Who reads nothing asks whether it is there: what others have open does not tell.
    const files = span?.length === 0 ? new OpenFiles(disk) : openFiles;
    try {
      return await files.reader(layout.blobPath(blobId));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw unavailable(error, 'The object cannot be read');
    }
  }

  async remove(blobIds: readonly string[]): Promise<void> {
    const { disk, layout, openFiles } = this.#parts;
    const failures: unknown[] = [];
    for (const blobId of blobIds) {
      if (!layout.isBlobId(blobId)) continue;
      const path = layout.blobPath(blobId);
      try {
        await disk.remove(path);
        openFiles.forget(path);
      } catch (error) {
        if (!isMissing(error)) failures.push(error);
      }
    }
    if (failures.length > 0) throw unavailable(failures[0], 'An object could not be removed');
  }

  async copy(blobId: string, announce?: Announce): Promise<string | undefined> {
    const source = await this.open(blobId);
    if (source === undefined) return undefined;
    try {
      const writer = await this.create(source.size, announce);
      try {
        const chunk = Buffer.allocUnsafe(Math.min(copyChunkBytes, Math.max(1, source.size)));
        for (let position = 0; ; ) {
          const count = await source.read(chunk, position);
          if (count === 0) break;
          await writer.write(chunk.subarray(0, count));
          position += count;
        }
        return await writer.finish();
      } catch (error) {
        await writer.abandon();
        throw error;
      }
    } finally {
      await source.close();
    }
  }

  async *list(): ReturnType<BlobStore['list']> {
    const { disk, layout } = this.#parts;
    for (const folder of layout.shardFolders) {
      const names = (await this.#try(disk.list(folder))).filter((name) => layout.isBlobId(name));
      for (let start = 0; start < names.length; start += listBatch) {
        yield await this.#factsOf(disk, names.slice(start, start + listBatch));
      }
    }
  }

  async sweepUnfinished(isAlone = !this.isShared): Promise<number> {
    const { disk, layout, unfinished } = this.#parts;
    let removed = 0;
    for (const name of await this.#try(disk.list(layout.unfinishedFolder))) {
      if (unfinished.has(name)) continue;
      const path = layout.unfinishedPath(name);
      if (!isAlone && !(await this.#try(this.#isAbandoned(path)))) continue;
      const isRemoved = await this.#try(removeIfThere(disk, path));
      if (isRemoved) removed += 1;
    }
    return removed;
  }

  async #isAbandoned(path: string): Promise<boolean> {
    const facts = await this.#parts.disk.facts(path);
    if (facts === undefined) return false;
    return this.#world.clock.now() - facts.modifiedAt >= abandonedMs;
  }

  async #factsOf(disk: Disk, blobIds: readonly string[]) {
    const batch: { blobId: string; ageMs: number; size: number }[] = [];
    for (const blobId of blobIds) {
      const facts = await this.#try(disk.facts(this.#parts.layout.blobPath(blobId)));
      if (facts === undefined) continue;
      const ageMs = this.#world.clock.now() - facts.modifiedAt;
      batch.push({ blobId, ageMs, size: facts.size });
    }
    return batch;
  }

  async #try<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await work;
    } catch (error) {
      throw unavailable(error, 'The folder of the objects cannot be used');
    }
  }
}

/** False when another was faster. */
async function removeIfThere(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.remove(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
