import type { Disk, DiskFile } from '../../world/index.ts';
import type { BlobReader } from '../ports/blobs.ts';
import { unavailable } from './failures.ts';

interface OpenFile {
  readonly file: DiskFile;
  readonly size: number;
}

/** A file that somebody reads, or is about to. */
interface Shared {
  readonly path: string;
  readonly opened: Promise<OpenFile>;
  readers: number;
}

/**
 * Files that are being read. However many read one, it is open once: a crowd of slow downloads
 * needs a descriptor for each connection, and not two. What a blob says never changes, and reads
 * are positioned, so its readers need not know of each other.
 */
export class OpenFiles {
  readonly #disk: Disk;
  readonly #byPath = new Map<string, Shared>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Rejects as `Disk.open` does when the file cannot be opened. */
  async reader(path: string): Promise<BlobReader> {
    const shared = this.#byPath.get(path) ?? this.#add(path);
    shared.readers += 1;
    try {
      const { file, size } = await shared.opened;
      return new FileBlobReader(file, size, () => this.#leave(shared));
    } catch (error) {
      this.forget(path, shared);
      throw error;
    }
  }

  /**
   * To be called once the path has no file any more, or another: whoever comes later looks anew.
   * Those who read go on with what they have.
   */
  forget(path: string, shared = this.#byPath.get(path)): void {
    if (this.#byPath.get(path) === shared) this.#byPath.delete(path);
  }

  #add(path: string): Shared {
    const shared = { path, opened: openFile(this.#disk, path), readers: 0 };
    this.#byPath.set(path, shared);
    return shared;
  }

  async #leave(shared: Shared): Promise<void> {
    shared.readers -= 1;
    if (shared.readers > 0) return;
    this.forget(shared.path, shared);
    const { file } = await shared.opened;
    await file.close();
  }
}

async function openFile(disk: Disk, path: string): Promise<OpenFile> {
  const file = await disk.open(path);
  try {
    return { file, size: await file.size() };
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

class FileBlobReader implements BlobReader {
  readonly size: number;
  readonly #file: DiskFile;
  #leave: (() => Promise<void>) | undefined;

  constructor(file: DiskFile, size: number, leave: () => Promise<void>) {
    this.#file = file;
    this.size = size;
    this.#leave = leave;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    try {
      return await this.#file.read(target, position);
    } catch (error) {
      throw unavailable(error, 'The object cannot be read');
    }
  }

  async close(): Promise<void> {
    const leave = this.#leave;
    this.#leave = undefined;
    await leave?.();
  }
}
